//! The recipe's way to make views, as the data room takes it.

use crate::data::{Augment, Base, Jitter, Mean, Pca, ResizedCrop, Scale};
use netc::recipe::{self, WordsOrNumbers};

/// Ratios of width to height of parts of random size, as torchvision's.
const RATIO: [f64; 2] = [3.0 / 4.0, 4.0 / 3.0];

/// How views are made under a recipe.
pub fn views(recipe: &recipe::Augment) -> Augment {
    let single = |numbers: &[f64]| numbers.iter().map(|n| *n as f32).collect::<Vec<f32>>();
    let [brightness, contrast, saturation, hue] = recipe.jitter;
    Augment {
        resize: recipe.resize.map(|side| u32::try_from(side).unwrap_or(u32::MAX)),
        base: match recipe.base {
            recipe::Base::Square => Base::Square,
            recipe::Base::Whole => Base::Whole,
            recipe::Base::Original => Base::Original,
        },
        resized_crop: recipe.area.map(|area| ResizedCrop { area, ratio: recipe.ratio.unwrap_or(RATIO) }),
        mirror: recipe.mirror,
        jitter: Jitter { brightness, contrast, saturation, hue },
        pca: recipe.pca.map(|sigma| Pca {
            sigma,
            values: recipe.pca_values.map(|all| all.map(|v| v as f32)),
            vectors: recipe
                .pca_vectors
                .map(|v| std::array::from_fn(|row| std::array::from_fn(|c| v[3 * row + c] as f32))),
        }),
        mean: match &recipe.mean {
            WordsOrNumbers::Numbers(numbers) => Mean::Given(single(numbers)),
            WordsOrNumbers::Word(word) if word == "pixel" => Mean::Pixel,
            WordsOrNumbers::Word(word) if word == "none" => Mean::None,
            _ => Mean::Channel,
        },
        scale: match &recipe.scale {
            WordsOrNumbers::Numbers(numbers) => Scale::Given(single(numbers)),
            WordsOrNumbers::Word(word) if word == "unit" => Scale::Unit,
            WordsOrNumbers::Word(word) if word == "byte" => Scale::Byte,
            _ => Scale::Deviation,
        },
    }
}
