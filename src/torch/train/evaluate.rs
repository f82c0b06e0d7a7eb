//! Top-1, top-5, loss and the confusion of a set of pictures.

use crate::backend::{Executor, Mode};
use crate::data::{Batch, Dataset};
use anyhow::Result;
use tch::{Device, Kind, Tensor};

/// What an evaluation measured.
#[derive(Clone, Debug)]
pub struct Score {
    /// Mean cross-entropy.
    pub loss: f64,
    /// Share classified right, in `[0, 1]`.
    pub top1: f64,
    /// Share with the right class among the five likeliest; none below five classes.
    pub top5: Option<f64>,
    /// Pictures measured.
    pub images: usize,
    /// `confusion[truth][answer]` pictures.
    pub confusion: Vec<Vec<u64>>,
}

/// Measures a net on batches.
///
/// # Errors
/// Pictures that cannot be read, and libtorch's.
pub fn evaluate(
    executor: &Executor<'_>,
    batches: impl Iterator<Item = Result<Batch>>,
    classes: usize,
    device: Device,
) -> Result<Score> {
    tch::no_grad(|| {
        let (mut loss, mut right, mut among, mut images) = (0.0, 0.0, 0.0, 0usize);
        let mut confusion = vec![vec![0u64; classes]; classes];
        for batch in batches {
            let batch = batch?;
            let labels = batch.labels.f_to_device(device)?;
            let logits = executor.logits(&batch.images.f_to_device(device)?, Mode::Evaluate)?;
            let count = batch.indices.len();
            loss += logits
                .f_cross_entropy_loss(&labels, None::<Tensor>, tch::Reduction::Mean, -100, 0.0)?
                .f_double_value(&[])?
                * count as f64;
            let answers = logits.f_argmax(-1, false)?;
            right += answers.f_eq_tensor(&labels)?.f_sum(Kind::Float)?.f_double_value(&[])?;
            if classes >= 5 {
                let (_, five) = logits.f_topk(5, -1, true, true)?;
                let hits = five.f_eq_tensor(&labels.f_unsqueeze(-1)?)?;
                among += hits.f_sum(Kind::Float)?.f_double_value(&[])?;
            }
            tally(&mut confusion, &labels, &answers)?;
            images += count;
        }
        let total = images.max(1) as f64;
        let top5 = (classes >= 5).then_some(among / total);
        Ok(Score { loss: loss / total, top1: right / total, top5, images, confusion })
    })
}

fn tally(confusion: &mut [Vec<u64>], labels: &Tensor, answers: &Tensor) -> Result<()> {
    let read = |t: &Tensor| -> Result<Vec<i64>> { Ok(Vec::try_from(&t.f_to_device(Device::Cpu)?)?) };
    for (truth, answer) in read(labels)?.into_iter().zip(read(answers)?) {
        confusion[truth as usize][answer as usize] += 1;
    }
    Ok(())
}

impl Score {
    /// The confusion as a table: truths down, answers across.
    pub fn table(&self, dataset: &Dataset) -> String {
        let names = dataset.classes();
        let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(1).max(5);
        let mut text = format!("{:>width$} |", "truth");
        for name in names {
            text.push_str(&format!(" {name:>width$}"));
        }
        for (name, row) in names.iter().zip(&self.confusion) {
            text.push_str(&format!("\n{name:>width$} |"));
            for count in row {
                text.push_str(&format!(" {count:>width$}"));
            }
        }
        text
    }
}
