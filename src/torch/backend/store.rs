//! All stored tensors of a program, by name.

use super::replace::replace;
use anyhow::{Context, Result, ensure};
use netc::program::{Init, Param, ParamId, Program};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::path::Path;
use tch::{Device, Tensor};

/// The parameters and buffers of a program, in its order, fp32.
#[derive(Debug)]
pub struct Store {
    tensors: Vec<Tensor>,
    names: Vec<String>,
    trained: Vec<bool>,
    frozen: Vec<bool>,
}

impl Store {
    /// Fresh tensors, drawn by a generator of this seed: the same on every device.
    ///
    /// # Errors
    /// Where the device has no room for them.
    pub fn new(program: &Program, device: Device, seed: u64) -> Result<Self> {
        Self::made(program, device, seed, |param, tensor| {
            Ok(tensor.f_set_requires_grad(param.role.trained())?)
        })
    }

    /// Fresh tensors that a variable store of tch holds too, `conv1.kernel` as `kernel` under `conv1`.
    ///
    /// # Errors
    /// Where the device has no room for them.
    pub fn in_path(program: &Program, path: &tch::nn::Path<'_>, seed: u64) -> Result<Self> {
        Self::made(program, path.device(), seed, |param, tensor| {
            let mut parts: Vec<&str> = param.name.split('.').collect();
            let last = parts.pop().unwrap_or_default();
            let mut inner = path.clone();
            for part in parts {
                inner = inner.sub(part);
            }
            Ok(inner.add(last, tensor, param.role.trained()))
        })
    }

    fn made(
        program: &Program,
        device: Device,
        seed: u64,
        mut place: impl FnMut(&Param, Tensor) -> Result<Tensor>,
    ) -> Result<Self> {
        let mut tensors = Vec::with_capacity(program.params.len());
        for (index, param) in program.params.iter().enumerate() {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(index as u64);
            let dims: Vec<i64> = param.dims.iter().map(|d| *d as i64).collect();
            let values = draw(param.init, param.elements() as usize, &mut random);
            let tensor = Tensor::f_from_slice(&values)?.f_reshape(&dims)?.f_to_device(device)?;
            tensors.push(place(param, tensor)?);
        }
        let names = program.params.iter().map(|p| p.name.clone()).collect();
        let trained = program.params.iter().map(|p| p.role.trained()).collect();
        let frozen = vec![false; program.params.len()];
        Ok(Self { tensors, names, trained, frozen })
    }

    /// A stored tensor.
    pub fn get(&self, id: ParamId) -> &Tensor {
        &self.tensors[id.0 as usize]
    }

    /// Gives a stored tensor other numbers.
    ///
    /// # Errors
    /// Where they have another shape.
    pub fn put(&mut self, id: ParamId, numbers: &Tensor) -> Result<()> {
        tch::no_grad(|| self.tensors[id.0 as usize].f_copy_(numbers))?;
        Ok(())
    }

    /// Trains the tensors of these rows no more: no gradient, no step, and batch norm keeps its running statistics.
    /// A row is named, or `conv*` names all whose names begin so. Returns how many parameters are left to train.
    ///
    /// # Errors
    /// Where no row has the name, or nothing is left to train.
    pub fn freeze(&mut self, program: &Program, rows: &[String]) -> Result<u64> {
        for wanted in rows {
            let meant = |name: &str| match wanted.strip_suffix('*') {
                Some(beginning) => name.starts_with(beginning),
                None => name == wanted,
            };
            let mut found = false;
            for (index, param) in program.params.iter().enumerate() {
                if meant(&program.rows[param.row.0 as usize].name) {
                    found = true;
                    self.frozen[index] = true;
                    self.trained[index] = false;
                    self.tensors[index] = self.tensors[index].f_set_requires_grad(false)?;
                }
            }
            ensure!(
                found,
                "--freeze: no row with weights is called `{wanted}`: there are {}",
                weighted(program)
            );
        }
        let left = program.params.iter().zip(&self.trained).filter(|(_, trained)| **trained);
        let left = left.map(|(param, _)| param.elements()).sum();
        ensure!(left > 0, "--freeze {} leaves nothing to train", rows.join(","));
        Ok(left)
    }

    /// Whether the row of a tensor is trained no more.
    pub fn is_frozen(&self, id: ParamId) -> bool {
        self.frozen[id.0 as usize]
    }

    /// All tensors with their names and whether they are trained, in the program's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor, bool)> {
        let names = self.names.iter().map(String::as_str);
        names.zip(&self.tensors).zip(&self.trained).map(|((n, t), trained)| (n, t, *trained))
    }

    /// Writes all tensors and `more` as safetensors: to a temporary file, synced, then renamed. What is `more` has
    /// names that begin with `@`, which no row's does.
    ///
    /// # Errors
    /// Where the file cannot be written; the one before it stays.
    pub fn save(&self, path: &Path, more: &[(String, Tensor)]) -> Result<()> {
        let own = self.iter().map(|(n, t, _)| (n.to_owned(), t.shallow_clone()));
        let more = more.iter().map(|(n, t)| (n.clone(), t.shallow_clone()));
        let named: Result<Vec<(String, Tensor)>> =
            own.chain(more).map(|(n, t)| Ok((n, t.f_detach()?.f_to_device(Device::Cpu)?))).collect();
        let named = named?;
        replace(path, |partial| Ok(Tensor::write_safetensors(&named, partial)?))
    }

    /// Reads tensors that [`Store::save`] wrote, checked name by name and shape by shape.
    ///
    /// # Errors
    /// Where the file is truncated, or belongs to another spec.
    pub fn load(&mut self, path: &Path) -> Result<()> {
        self.fill(&read(path)?, path)
    }

    /// Takes the tensors that a file held; those whose names begin with `@` are not the store's.
    ///
    /// # Errors
    /// Where they belong to another spec.
    pub fn fill(&mut self, read: &[(String, Tensor)], path: &Path) -> Result<()> {
        let held = read.iter().filter(|(n, _)| !n.starts_with('@')).count();
        ensure!(
            held == self.tensors.len(),
            "{} holds {held} tensors but the spec has {}: it belongs to another spec",
            path.display(),
            self.tensors.len()
        );
        for (name, tensor) in self.names.iter().zip(&mut self.tensors) {
            let (_, stored) = read
                .iter()
                .find(|(n, _)| n == name)
                .with_context(|| format!("{} has no `{name}`: it belongs to another spec", path.display()))?;
            ensure!(
                stored.size() == tensor.size(),
                "`{name}` is {:?} in {} but {:?} in the spec: it belongs to another spec",
                stored.size(),
                path.display(),
                tensor.size()
            );
            tch::no_grad(|| tensor.f_copy_(stored))?;
        }
        Ok(())
    }
}

/// All tensors of a checkpoint, by name.
///
/// # Errors
/// Where it is not there, truncated, or of another format.
pub fn read(path: &Path) -> Result<Vec<(String, Tensor)>> {
    ensure!(path.exists(), "there is no checkpoint {}", path.display());
    Tensor::read_safetensors(path)
        .with_context(|| format!("{} is no whole checkpoint (truncated, or another format)", path.display()))
}

/// The rows that store something, by name.
fn weighted(program: &Program) -> String {
    let mut names: Vec<&str> =
        program.params.iter().map(|p| program.rows[p.row.0 as usize].name.as_str()).collect();
    names.dedup();
    names.join(", ")
}

/// Uniform in `[0, 1)`, 24 bits.
fn uniform(random: &mut ChaCha8Rng) -> f64 {
    f64::from(random.next_u32() >> 8) / f64::from(1u32 << 24)
}

fn draw(init: Init, count: usize, random: &mut ChaCha8Rng) -> Vec<f32> {
    match init {
        Init::Constant(value) => vec![value as f32; count],
        Init::Uniform { bound } => {
            (0..count).map(|_| ((2.0 * uniform(random) - 1.0) * bound) as f32).collect()
        }
        Init::Normal { std } => (0..count)
            .map(|_| {
                // Box-Muller; the first factor is never the logarithm of zero.
                let radius = (-2.0 * (1.0 - uniform(random)).ln()).sqrt();
                (std * radius * (std::f64::consts::TAU * uniform(random)).cos()) as f32
            })
            .collect(),
    }
}
