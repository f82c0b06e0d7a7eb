//! `netc specs`: the published networks inside the binary.

use super::{Context, Exit, output};
use clap::Args;

/// A spec that is shipped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shipped {
    /// Its name, the file's stem.
    pub(super) name: &'static str,
    /// The file.
    pub(super) text: &'static str,
}

/// A line a spec: its name, the stem of a file in `specs/`.
macro_rules! specs {
    ($($name:literal)*) => {
        /// Every spec that is shipped, in the order it is listed.
        pub(super) const SPECS: &[Shipped] = &[$(Shipped {
            name: $name,
            text: include_str!(concat!("../../specs/", $name, ".spec")),
        },)*];
    };
}

specs! {
    "alexnet"
    "alexnet-2012"
    "alexnet-owt"
    "caffe-alexnet"
    "darknet19"
    "densenet"
    "efficientnet-b0"
    "forked"
    "googlenet"
    "inception-v3"
    "lenet"
    "lenet5"
    "mobilenet-v1"
    "mobilenet-v1-printed"
    "mobilenet-v2"
    "mobilenet-v2-first"
    "resnet"
    "resnext50"
    "shufflenet-v2"
    "squeezenet"
    "squeezenet-printed"
    "unet"
    "vgg"
    "vgg16"
}

impl Shipped {
    /// Its first heading.
    fn title(&self) -> &'static str {
        self.text.lines().find_map(|l| l.strip_prefix("# ")).unwrap_or_default()
    }
}

/// The shipped spec of this name.
pub(super) fn find(name: &str) -> Option<&'static Shipped> {
    SPECS.iter().find(|s| s.name.eq_ignore_ascii_case(name))
}

/// List the specs inside netc; `netc new NAME` writes one
#[derive(Args, Clone, Copy, Debug)]
pub struct SpecsArgs {}

pub(super) fn run(_: &SpecsArgs, _: &Context) -> anyhow::Result<Exit> {
    let width = SPECS.iter().map(|s| s.name.len()).max().unwrap_or(0);
    let line = |s: &Shipped| format!("{}\n", format!("{:<width$}  {}", s.name, s.title()).trim_end());
    output::print(&SPECS.iter().map(line).collect::<String>())?;
    Ok(Exit::Fine)
}

#[cfg(test)]
mod tests {
    use super::SPECS;

    #[test]
    fn every_spec_of_the_folder_is_shipped() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|e| e == "spec"))
            .map(|p| p.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(SPECS.iter().map(|s| s.name).collect::<Vec<_>>(), names);
    }
}
