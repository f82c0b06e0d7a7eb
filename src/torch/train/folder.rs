//! A run's folder: the spec, what was asked, the checkpoint; written by one process at a time.

use super::run::Plan;
use super::setup::{Asked, Session};
use crate::backend::{Products, replace};
use crate::data::Preparation;
use anyhow::{Context, Result, ensure};
use netc::recipe::Override;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// The checkpoint's name.
const CHECKPOINT: &str = "last.safetensors";
/// That of the best evaluation.
const BEST: &str = "best.safetensors";

/// What a run's folder keeps beside the weights, so that `eval`, `predict` and `--resume` need nothing else.
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept {
    /// The net's name.
    pub name: String,
    /// The spec's file, as it was named.
    pub file: String,
    /// The net that was chosen, where the document has several.
    pub net: Option<String>,
    /// The data's name or path.
    pub data: String,
    /// The classes' names, by index.
    pub classes: Vec<String>,
    /// Symbols that were set.
    pub set: Vec<(String, f64)>,
    /// Seed of the run and of its split.
    pub seed: u64,
    /// Share held out.
    pub holdout: f64,
    /// Keys of the recipe that were given on the command line.
    pub recipe: Vec<Override>,
    /// How convolutions and FC layers are computed: what `auto` picked.
    pub products: Products,
    /// Rows that are not trained.
    #[serde(default)]
    pub freeze: Vec<String>,
    /// The file of weights that it began with.
    #[serde(default)]
    pub init: Option<String>,
    /// What becomes of a picture.
    pub preparation: Preparation,
}

impl Kept {
    /// The command line that a run was started with; what `auto` picked then stays.
    pub fn asked(&self) -> Asked {
        let asked = Asked { net: self.net.clone(), set: self.set.clone(), recipe: self.recipe.clone() };
        asked.key("precision", Some(self.products.word()))
    }

    pub(super) fn of(session: &Session, asked: &Asked, plan: &Plan) -> Self {
        let init = plan.init.as_ref().map(|path| path.display().to_string());
        Self {
            products: plan.products,
            freeze: plan.freeze.clone(),
            init,
            ..Self::without_run(session, asked)
        }
    }

    /// What a run would keep of a session that is only used.
    pub fn without_run(session: &Session, asked: &Asked) -> Self {
        let recipe = &session.recipe;
        Self {
            name: session.program.name.clone(),
            file: session.file.clone(),
            net: asked.net.clone(),
            data: recipe.data.clone().unwrap_or_default(),
            classes: session.dataset.classes().to_vec(),
            set: asked.set.clone(),
            seed: recipe.seed,
            holdout: recipe.holdout,
            recipe: asked.recipe.clone(),
            products: Products::default(),
            freeze: Vec::new(),
            init: None,
            preparation: session.preparation.clone(),
        }
    }
}

/// A run's folder.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
}

/// Held while a process writes a run's folder.
#[derive(Debug)]
pub struct Writing {
    _lock: File,
}

impl RunFolder {
    /// The folder at this path, whether it is there or not.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The first of `runs/STEM`, `runs/STEM-2`, ... that no run lies in.
    pub fn unused(stem: &str) -> Self {
        let nth = |n: u32| Self::at(Path::new("runs").join(format!("{stem}-{n}")));
        std::iter::once(Self::at(Path::new("runs").join(stem)))
            .chain((2..=u32::MAX).map(nth))
            .find(|f| !f.path.join("run.json").exists())
            .unwrap_or_else(|| nth(2))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where its checkpoint lies.
    pub fn checkpoint(&self) -> PathBuf {
        self.path.join(CHECKPOINT)
    }

    /// Where the checkpoint of its best evaluation lies.
    pub fn best(&self) -> PathBuf {
        self.file(BEST)
    }

    /// A file of it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// What it keeps: the spec's text and the rest.
    ///
    /// # Errors
    /// Where it is no run's folder.
    pub fn kept(&self) -> Result<(String, Kept)> {
        let read = |name: &str| {
            let path = self.path.join(name);
            std::fs::read_to_string(&path).with_context(|| {
                format!("{} is no run's folder: cannot read {}", self.path.display(), path.display())
            })
        };
        let json = read("run.json")?;
        let kept = serde_json::from_str(&json).with_context(|| {
            format!(
                "{} cannot be read: it is damaged, or another version of netc wrote it (environment.json names it; \
                 this is {})",
                self.path.join("run.json").display(),
                env!("CARGO_PKG_VERSION")
            )
        })?;
        Ok((read("spec.spec")?, kept))
    }

    /// Starts a run: the folder is made and what a later command needs is written.
    ///
    /// # Errors
    /// Where a run lies there already, another process writes it, or it cannot be written.
    pub fn start(&self, session: &Session, kept: &Kept) -> Result<Writing> {
        std::fs::create_dir_all(&self.path)
            .with_context(|| format!("cannot make {}", self.path.display()))?;
        let writing = self.lock()?;
        let checkpoint = self.checkpoint();
        ensure!(
            !checkpoint.exists(),
            "a run lies in {} already\nhelp: `--resume {}` goes on with it; name another folder with --run, or remove it",
            self.path.display(),
            self.path.display()
        );
        self.write("spec.spec", session.text.as_bytes())?;
        self.write("program.txt", session.program.to_string().as_bytes())?;
        self.write("recipe.yaml", session.recipe.to_yaml().as_bytes())?;
        self.write("run.json", serde_json::to_string_pretty(kept)?.as_bytes())?;
        Ok(writing)
    }

    /// Takes the folder for this process alone.
    ///
    /// # Errors
    /// Where another process has it.
    pub fn lock(&self) -> Result<Writing> {
        let path = self.path.join("lock");
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Writing { _lock: file }),
            Err(TryLockError::WouldBlock) => {
                anyhow::bail!("another process writes the run in {}", self.path.display())
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        replace(&self.path.join(name), |partial| Ok(std::fs::write(partial, bytes)?))
    }
}
