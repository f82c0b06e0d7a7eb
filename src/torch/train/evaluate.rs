//! Top-1, top-5, loss, the confusion and the worst pictures of a set.

use crate::backend::{Executor, Mode};
use crate::data::{Batch, Dataset};
use anyhow::Result;
use tch::{Device, Kind, Tensor};

/// How many of the pictures with the highest loss are kept.
const WORST: usize = 24;
/// Classes up to which the whole confusion is printed.
const TABLE: usize = 25;
/// Confused pairs that are printed instead.
const PAIRS: usize = 15;

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
    /// The pictures with the highest loss, the worst first.
    pub worst: Vec<Judged>,
}

/// What a net said of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// The picture's index in its data set.
    pub index: usize,
    /// Its class.
    pub truth: usize,
    /// The likeliest class.
    pub answer: usize,
    /// The probability of `answer`.
    pub probability: f64,
    /// Cross-entropy.
    pub loss: f64,
}

/// How well a class is told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassScore {
    /// Pictures of the class.
    pub images: u64,
    /// Share of them that was found; none where there are none.
    pub recall: Option<f64>,
    /// Share of the answers with this class that was right; none where there are none.
    pub precision: Option<f64>,
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
        let confusion = vec![vec![0u64; classes]; classes];
        let mut score = Score { loss: 0.0, top1: 0.0, top5: None, images: 0, confusion, worst: Vec::new() };
        let mut among = 0.0;
        for batch in batches {
            let batch = batch?;
            let logits = executor.logits(&batch.on(device)?.0, Mode::Evaluate)?;
            among += score.add(&batch, &over_views(logits, batch.views)?)?;
        }
        let total = score.images.max(1) as f64;
        score.loss /= total;
        score.top1 /= total;
        score.top5 = (classes >= 5).then_some(among / total);
        Ok(score)
    })
}

/// The views of a picture as one: the logarithm of their mean probabilities. One view stays as it is.
fn over_views(logits: Tensor, views: usize) -> Result<Tensor> {
    if views <= 1 {
        return Ok(logits);
    }
    let classes = logits.size()[1];
    let each = logits.f_softmax(-1, Kind::Float)?.f_reshape([-1, i64::try_from(views)?, classes])?;
    Ok(each.f_mean_dim(&[1_i64][..], false, Kind::Float)?.f_clamp_min(1e-30)?.f_log()?)
}

impl Score {
    /// Adds a batch's sums; returns how many have their class among the five likeliest.
    fn add(&mut self, batch: &Batch, logits: &Tensor) -> Result<f64> {
        let labels = batch.labels.f_to_device(logits.device())?;
        let losses = logits.f_cross_entropy_loss(&labels, None::<Tensor>, tch::Reduction::None, -100, 0.0)?;
        let (probabilities, answers) = logits.f_softmax(-1, Kind::Float)?.f_max_dim(-1, false)?;
        let among = if self.confusion.len() >= 5 {
            let (_, five) = logits.f_topk(5, -1, true, true)?;
            five.f_eq_tensor(&labels.f_unsqueeze(-1)?)?.f_sum(Kind::Double)?.f_double_value(&[])?
        } else {
            0.0
        };
        let whole = |t: &Tensor| -> Result<Vec<i64>> { Ok(Vec::try_from(&t.f_to_device(Device::Cpu)?)?) };
        let real = |t: &Tensor| -> Result<Vec<f64>> {
            Ok(Vec::try_from(&t.f_to_device(Device::Cpu)?.f_to_kind(Kind::Double)?)?)
        };
        let (truths, answers) = (whole(&labels)?, whole(&answers)?);
        let (losses, probabilities) = (real(&losses)?, real(&probabilities)?);
        for (place, index) in batch.indices.iter().enumerate() {
            let (truth, answer) = (truths[place] as usize, answers[place] as usize);
            let (loss, probability) = (losses[place], probabilities[place]);
            self.loss += loss;
            self.top1 += f64::from(u8::from(truth == answer));
            self.confusion[truth][answer] += 1;
            self.images += 1;
            self.worst.push(Judged { index: *index, truth, answer, probability, loss });
        }
        self.worst.sort_by(|a, b| b.loss.total_cmp(&a.loss));
        self.worst.truncate(WORST);
        Ok(among)
    }

    /// Each class on its own.
    pub fn classes(&self) -> Vec<ClassScore> {
        let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
        (0..self.confusion.len())
            .map(|class| {
                let right = self.confusion[class][class];
                let images = self.confusion[class].iter().sum();
                let answered = self.confusion.iter().map(|row| row[class]).sum();
                ClassScore { images, recall: share(right, images), precision: share(right, answered) }
            })
            .collect()
    }

    /// Confused pairs `(images, truth, answer)`, the most frequent first.
    pub fn confused(&self) -> Vec<(u64, usize, usize)> {
        let mut pairs = Vec::new();
        for (truth, row) in self.confusion.iter().enumerate() {
            let wrong = row.iter().enumerate().filter(|(answer, count)| *answer != truth && **count > 0);
            pairs.extend(wrong.map(|(answer, count)| (*count, truth, answer)));
        }
        pairs.sort_by_key(|(count, truth, answer)| (std::cmp::Reverse(*count), *truth, *answer));
        pairs
    }

    /// `top-1 98.33 %, top-5 100.00 % of 360 images`, the loss behind it.
    pub fn sentence(&self) -> String {
        let top5 = self.top5.map_or_else(String::new, |t| format!(", top-5 {:.2} %", 100.0 * t));
        format!("top-1 {:.2} %{top5} of {} images, loss {:.4}", 100.0 * self.top1, self.images, self.loss)
    }

    /// The confusion as a table: truths down, answers across. Of many classes, the pairs confused most.
    pub fn table(&self, dataset: &Dataset) -> String {
        let names = dataset.classes();
        if names.len() > TABLE {
            let mut text = String::from("most confused (truth: answer, images):");
            for (count, truth, answer) in self.confused().into_iter().take(PAIRS) {
                text.push_str(&format!("\n  {}: {}, {count}", names[truth], names[answer]));
            }
            return text;
        }
        let longest = names.iter().map(|n| n.chars().count()).max().unwrap_or(1);
        let first = longest.max("truth".len());
        // Each column is as wide as its name, and no wider.
        let widths: Vec<usize> = names.iter().map(|n| n.chars().count().max(4)).collect();
        let mut text = format!("{:>first$} | answer", "");
        text.push_str(&format!("\n{:>first$} |", "truth"));
        for (name, width) in names.iter().zip(&widths) {
            text.push_str(&format!(" {name:>width$}"));
        }
        for (name, row) in names.iter().zip(&self.confusion) {
            text.push_str(&format!("\n{name:>first$} |"));
            for (count, width) in row.iter().zip(&widths) {
                text.push_str(&format!(" {count:>width$}"));
            }
        }
        text
    }

    /// The confusion as comma-separated values: a line of the classes' names, then a line a truth.
    pub fn csv(&self, names: &[String]) -> String {
        let mut text = format!("truth,{}\n", names.iter().map(|n| quoted(n)).collect::<Vec<_>>().join(","));
        for (name, row) in names.iter().zip(&self.confusion) {
            let counts: Vec<String> = row.iter().map(u64::to_string).collect();
            text.push_str(&format!("{},{}\n", quoted(name), counts.join(",")));
        }
        text
    }
}

/// A field of a CSV file (RFC 4180).
fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score() -> Score {
        let confusion = vec![vec![3, 1, 0], vec![2, 2, 0], vec![0, 0, 0]];
        Score { loss: 0.5, top1: 0.625, top5: None, images: 8, confusion, worst: Vec::new() }
    }

    #[test]
    fn classes_are_counted_apart() {
        let classes = score().classes();
        assert_eq!(classes[0], ClassScore { images: 4, recall: Some(0.75), precision: Some(0.6) });
        assert_eq!(classes[2], ClassScore { images: 0, recall: None, precision: None });
        assert_eq!(score().confused(), [(2, 1, 0), (1, 0, 1)]);
    }

    #[test]
    fn views_are_averaged_as_probabilities() {
        let logits = Tensor::from_slice(&[0.9f32, 0.1, 0.5, 0.5, 0.2, 0.8, 0.2, 0.8]).log().view([4, 2]);
        let one = over_views(logits, 2).and_then(|t| Ok(Vec::<f32>::try_from(t.f_exp()?.f_flatten(0, -1)?)?));
        let apart = one
            .expect("numbers")
            .iter()
            .zip([0.7, 0.3, 0.2, 0.8])
            .fold(0.0, |m, (a, b)| f32::max(m, (a - b).abs()));
        assert!(apart < 1e-6, "{apart}");
    }

    #[test]
    fn csv_quotes_what_it_must() {
        let names = ["a".to_owned(), "b, c".to_owned(), "d\"e".to_owned()];
        assert_eq!(
            score().csv(&names),
            "truth,a,\"b, c\",\"d\"\"e\"\na,3,1,0\n\"b, c\",2,2,0\n\"d\"\"e\",0,0,0\n"
        );
    }
}
