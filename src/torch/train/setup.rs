//! Everything settled before the first step: spec, data, device, precision.

use super::views::views;
use crate::data::{self, Dataset, OnBad, Preparation};
use anyhow::{Context, Result, bail, ensure};
use netc::check::Checked;
use netc::cli::Assignment;
use netc::diag::{Diagnostic, Report, Severity};
use netc::program::Program;
use netc::recipe::{self, Override, Recipe};
use netc::show::{Format, Training, View};
use netc::source::Source;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A spec and its data, ready to run.
#[derive(Debug)]
pub struct Session {
    /// The spec's file, as it was named.
    pub file: String,
    /// The spec's text, kept with the run.
    pub text: String,
    /// What is run.
    pub program: Program,
    /// How it is trained.
    pub recipe: Recipe,
    /// The data.
    pub dataset: Arc<Dataset>,
    /// What becomes of a picture.
    pub preparation: Preparation,
    /// Which pictures are for training, which are held out.
    pub split: data::Split,
    /// What was assumed, to be said aloud.
    pub remarks: Vec<String>,
}

/// A spec that has errors, with their places.
#[derive(Debug)]
pub struct BadSpec {
    source: Source,
    diagnostics: Vec<Diagnostic>,
}

impl BadSpec {
    /// The errors as `netc check` prints them.
    pub fn render(&self, color: bool) -> String {
        let report = Report { source: &self.source, diagnostics: &self.diagnostics };
        netc::diag::Format::Human.render(&[report], color)
    }
}

impl std::fmt::Display for BadSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the spec has errors\n\n{}", self.render(false).trim_end())
    }
}

impl std::error::Error for BadSpec {}

/// The cache that set-up filled: `NETC_CACHE`, else `$XDG_CACHE_HOME/netc`, else `~/.cache/netc`.
pub fn cache() -> PathBuf {
    let given = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    given("NETC_CACHE")
        .or_else(|| given("XDG_CACHE_HOME").map(|c| c.join("netc")))
        .or_else(|| given("HOME").map(|h| h.join(".cache/netc")))
        .unwrap_or_else(|| PathBuf::from(".netc-cache"))
}

/// Compiles a spec to its program and recipe.
///
/// # Errors
/// Where the spec has errors ([`BadSpec`]), or several nets and none is chosen.
pub fn program(
    name: &str,
    text: &str,
    net: Option<&str>,
    set: &[(String, f64)],
) -> Result<(Program, Recipe)> {
    let asked = Asked { net: net.map(str::to_owned), set: set.to_vec(), recipe: Vec::new() };
    compiled(name, text, &asked)
}

/// As [`program`], with what is asked for; parameters start as the recipe says.
///
/// # Errors
/// As [`program`], and where a key of the recipe that is asked for is wrong.
pub fn compiled(name: &str, text: &str, asked: &Asked) -> Result<(Program, Recipe)> {
    let source = Source::new(name, text);
    let compiled = compile(&source, asked);
    let is_error = |d: &Diagnostic| d.severity == Severity::Error;
    if compiled.diagnostics.iter().any(is_error) {
        let diagnostics = compiled.diagnostics.into_iter().filter(is_error).collect();
        bail!(BadSpec { source, diagnostics });
    }
    // What is wrong with the header's recipe is among those already.
    let mut reading = recipe::read(&compiled.document.header, &asked.recipe);
    reading.check_rows(|| netc::row_names(&compiled.nets));
    ensure!(reading.flags.is_empty(), "{}", reading.flags.join("\n"));
    let mut program =
        netc::lower(chosen(&compiled.nets, asked)?).context("the net has rows without a size")?;
    reading.recipe.initialise(&mut program);
    Ok((program, reading.recipe))
}

/// The net of a spec, drawn as SVG.
///
/// # Errors
/// No net, or several and none was chosen.
pub fn drawn(name: &str, text: &str, asked: &Asked) -> Result<String> {
    let compiled = compile(&Source::new(name, text), asked);
    let view = View {
        checked: chosen(&compiled.nets, asked)?,
        training: Training::default(),
        remarks: &[],
        written: None,
    };
    view.render(Format::Svg).context("the net cannot be drawn")
}

fn compile(source: &Source, asked: &Asked) -> netc::Compiled {
    let stem = Path::new(source.name()).file_stem();
    let stem = stem.map_or_else(|| "net".to_owned(), |s| s.to_string_lossy().into_owned());
    netc::compile(source, &netc::Options { set: asked.set.clone(), stem, ..netc::Options::default() })
}

fn chosen<'a>(nets: &'a [Checked], asked: &Asked) -> Result<&'a Checked> {
    let names = || nets.iter().map(|n| n.net.name.as_str()).collect::<Vec<_>>().join(", ");
    match (&asked.net, nets) {
        (None, [only]) => Ok(only),
        (Some(wanted), nets) => nets
            .iter()
            .find(|n| n.net.name == *wanted)
            .with_context(|| format!("there is no net `{wanted}`; there are {}", names())),
        (None, _) => bail!("E0108: the document has several nets: choose one with --net: {}", names()),
    }
}

/// What is asked for on the command line.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The net's name.
    pub net: Option<String>,
    /// Symbols.
    pub set: Vec<(String, f64)>,
    /// Keys of the recipe.
    pub recipe: Vec<Override>,
}

impl Asked {
    /// `--set` values as pairs.
    pub fn pairs(set: &[Assignment]) -> Vec<(String, f64)> {
        set.iter().map(|a| (a.name.clone(), a.value)).collect()
    }

    /// Asks for a key of the recipe too, if there is a value.
    #[must_use]
    pub fn key(mut self, name: &str, value: Option<impl ToString>) -> Self {
        self.recipe.extend(value.map(|v| (name.to_owned(), v.to_string())));
        self
    }
}

impl Session {
    /// Opens spec and data and fits them to each other. Where the class count differs and the spec has a
    /// symbol `classes` that nobody set, it takes the data's, and that is said.
    ///
    /// # Errors
    /// Where spec or data cannot be read, or the last layer does not fit the classes.
    pub fn open(file: &Path, asked: &mut Asked) -> Result<Self> {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        Self::of(file.display().to_string(), text, asked)
    }

    /// As [`Session::open`], from a text that was read under this name.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn of(name: String, text: String, asked: &mut Asked) -> Result<Self> {
        let (mut program, mut recipe) = compiled(&name, &text, asked)?;
        let wanted = recipe.data.clone().with_context(|| {
            "no data: write `--data digits`, `--data elpv`, or `--data FOLDER` with a folder of images a class".to_owned()
        })?;
        let on_bad = if recipe.skip_bad_images { OnBad::Skip } else { OnBad::Fail };
        let dataset = Arc::new(data::open(&wanted, &cache())?.on_bad_image(on_bad));
        let mut remarks = dataset.remarks().to_vec();
        let classes = dataset.classes().len();
        if program.classes() != classes as u64 && !asked.set.iter().any(|(n, _)| n == "classes") {
            let mut fitting = asked.clone();
            fitting.set.push(("classes".to_owned(), classes as f64));
            if let Ok((fitted, same)) = compiled(&name, &text, &fitting) {
                remarks.push(format!(
                    "classes={classes}, as {} has them; the spec says {}",
                    dataset.name(),
                    program.classes()
                ));
                (program, recipe, *asked) = (fitted, same, fitting);
            }
        }
        ensure!(program.classes() == classes as u64, misfit(&name, &program, asked, dataset.name(), classes));
        let split = dataset.split(recipe.holdout, recipe.seed)?;
        let [h, w, c] = program.input_shape().hwc().map(|v| v as usize);
        let augment = views(&recipe.augment);
        let preparation = Preparation::measure(&dataset, &split.train, [c, h, w], augment, recipe.seed)?;
        Ok(Self { file: name, text, program, recipe, dataset, preparation, split, remarks })
    }
}

/// The last layer beside the data's classes, and what to write instead: the symbol where the spec has it, else the row.
fn misfit(name: &str, program: &Program, asked: &Asked, data: &str, classes: usize) -> String {
    let row = program.ops[program.logits.0 as usize].row;
    let line = program.rows[row.0 as usize].line;
    let outputs = program.classes();
    let help = if asked.set.iter().any(|(n, _)| n == "classes") {
        format!("write `--set classes={classes}`, or leave `--set classes` out: it follows the data")
    } else {
        format!(
            "write {classes} for {outputs} in line {line}, or give its number the name `classes`, which follows the data"
        )
    };
    format!(
        "E0503: {name}:{line}: the last layer has {outputs} outputs but {data} has {classes} classes\nhelp: {help}"
    )
}
