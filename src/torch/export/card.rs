//! The model card: what a stranger must know to use the weights.

use crate::data::{Base, Preparation};
use netc::cli::ExportFormat;

/// What a card is made of.
#[derive(Clone, Copy, Debug)]
pub struct Card<'a> {
    /// The net's name.
    pub name: &'a str,
    /// The class in `model.py`, where there is one.
    pub class: &'a str,
    /// The spec, as it was trained.
    pub spec: &'a str,
    /// What the folder holds.
    pub format: ExportFormat,
    /// The data it was trained on.
    pub data: &'a str,
    /// The classes' names, by index.
    pub classes: &'a [String],
    /// What becomes of a picture.
    pub preparation: &'a Preparation,
    /// What was measured last, such as `top-1 98.33 % of 360 images held out`; none where nothing was.
    pub measured: Option<&'a str>,
}

/// Longest list of classes that is written out.
const MOST_CLASSES: usize = 1000;

/// The card as Markdown, `README.md` beside the weights.
pub fn card(of: Card<'_>) -> String {
    let library = match of.format {
        ExportFormat::Keras => "keras",
        ExportFormat::Pytorch | ExportFormat::Torchscript => "pytorch",
        ExportFormat::Safetensors => "netc",
    };
    let mut text = format!(
        "---\nlibrary_name: {library}\npipeline_tag: image-classification\ntags: [netc]\n---\n\n# {}\n\n\
         Trained by netc {} on `{}`.",
        of.name,
        env!("CARGO_PKG_VERSION"),
        of.data
    );
    match of.measured {
        Some(measured) => text.push_str(&format!(" Measured: {measured}.\n")),
        None => text.push_str(" Nothing was measured on held-out images.\n"),
    }
    text.push_str(&format!("\n## Use\n\n{}\n", usage(of.format, of.class)));
    text.push_str(&format!("\n## Images\n\n{}\n", images(of.preparation)));
    text.push_str(&format!("\n## Classes\n\n{}\n", classes(of.classes)));
    let fence = if of.spec.contains("```") { "~~~~" } else { "```" };
    text.push_str(&format!("\n## The spec\n\n{fence}markdown\n{}\n{fence}\n", of.spec.trim_end()));
    text
}

fn usage(format: ExportFormat, class: &str) -> String {
    let text = match format {
        ExportFormat::Safetensors => {
            "`weights.safetensors` holds the tensors by netc's names, `row.role`: kernels as libtorch stores them,\n\
             `[K, C / groups, kh, kw]` and `[out, in]`.\n\n```sh\nnetc train SPEC --init weights.safetensors\n```"
        }
        ExportFormat::Keras => {
            "```python\nimport model\n\nnet = model.load(\"weights.safetensors\")\nnet.predict(images)\n```"
        }
        ExportFormat::Pytorch => {
            "```python\nimport model, safetensors.torch\n\nnet = model.MODEL()\n\
             net.load_state_dict(safetensors.torch.load_file(\"weights.safetensors\"))\nnet.eval()(images)\n```"
        }
        ExportFormat::Torchscript => {
            "```python\nimport torch\n\nnet = torch.jit.load(\"model.pt\")\nnet(images)\n```\n\n\
             It was traced in evaluation: dropout does nothing and batch norm uses the running statistics."
        }
    };
    text.replace("MODEL", class)
}

fn images(preparation: &Preparation) -> String {
    let [channels, height, width] = preparation.input;
    let colour = if channels == 1 { "grey" } else { "RGB" };
    let view = match preparation.augment.resize {
        Some(side) => format!("the short side resized to {side}, cropped to {height}x{width} at the centre"),
        None if preparation.augment.base == Base::Original => {
            format!("cropped to {height}x{width} at the centre")
        }
        None => format!("resized to {height}x{width}"),
    };
    if !preparation.normalisation.pixels.is_empty() {
        return format!(
            "{height}x{width}, {colour}, {view}; the training pictures' mean at each pixel is taken off, which the run's\n\
             `run.json` holds, and divided by {:?}, a number a channel.",
            preparation.normalisation.deviation
        );
    }
    format!(
        "{height}x{width}, {colour}, {view}; each byte becomes `(byte / 255 - mean) / deviation`, with mean {:?} and\n\
         deviation {:?}, a number a channel.",
        preparation.normalisation.mean, preparation.normalisation.deviation
    )
}

fn classes(names: &[String]) -> String {
    let mut text = String::from("By the index of the output:\n\n");
    for (index, name) in names.iter().enumerate().take(MOST_CLASSES) {
        text.push_str(&format!("{index}. {}\n", name.replace('\n', " ")));
    }
    if names.len() > MOST_CLASSES {
        text.push_str(&format!("\nand {} more.\n", names.len() - MOST_CLASSES));
    }
    text
}
