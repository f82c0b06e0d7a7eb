//! A first layer's filters as a picture.

use crate::backend::Store;
use anyhow::Result;
use image::{Rgb, RgbImage};
use netc::program::{ParamId, Prim, Program};
use tch::{Kind, Tensor};

/// Most filters that are drawn.
const MOST: usize = 256;
/// Sides of a drawn filter, in pixels, at least.
const SIDE: u32 = 33;

/// The kernel of the first convolution that reads the image itself; none where there is none of more than one pixel.
pub fn first_kernel(program: &Program) -> Option<ParamId> {
    program.ops.iter().find_map(|op| match &op.prim {
        Prim::Conv2d { x, kernel, .. } if matches!(program.ops[x.0 as usize].prim, Prim::Input) => {
            let dims = &program.param(*kernel).dims;
            (dims[2] * dims[3] > 1).then_some(*kernel)
        }
        _ => None,
    })
}

/// The filters of the first convolution side by side, each scaled to its own range; in colour where the image has three
/// channels, else the mean of its channels. None where the net has no such layer.
///
/// # Errors
/// Any libtorch error.
pub fn filters(program: &Program, store: &Store) -> Result<Option<RgbImage>> {
    first_kernel(program).map(|kernel| draw(store.get(kernel))).transpose()
}

/// Draws a kernel `[K, C, kh, kw]`.
fn draw(kernel: &Tensor) -> Result<RgbImage> {
    let kernel = kernel.f_detach()?.f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Float)?;
    let kernel =
        if kernel.size()[1] == 3 { kernel } else { kernel.f_mean_dim(&[1_i64][..], true, Kind::Float)? };
    let size = kernel.size();
    let [count, channels, height, width] = [size[0], size[1], size[2], size[3]].map(|s| s.max(0) as usize);
    let values: Vec<f32> = Vec::try_from(kernel.f_contiguous()?.f_flatten(0, -1)?)?;
    let count = count.min(MOST);
    let scale = SIDE.div_ceil(height.max(width) as u32).max(1);
    let columns = (count as f64).sqrt().ceil().max(1.0) as usize;
    let (tile_h, tile_w) = (height as u32 * scale + 2, width as u32 * scale + 2);
    let rows = count.div_ceil(columns);
    let mut sheet = RgbImage::from_pixel(columns as u32 * tile_w, rows as u32 * tile_h, Rgb([255; 3]));
    for (index, filter) in values.chunks_exact(channels * height * width).take(count).enumerate() {
        let low = filter.iter().copied().fold(f32::INFINITY, f32::min);
        let range = (filter.iter().copied().fold(f32::NEG_INFINITY, f32::max) - low).max(1e-12);
        let left = (index % columns) as u32 * tile_w + 1;
        let top = (index / columns) as u32 * tile_h + 1;
        for y in 0..height as u32 * scale {
            for x in 0..width as u32 * scale {
                let at = (y / scale) as usize * width + (x / scale) as usize;
                let byte = |c: usize| {
                    let value = filter[(c % channels) * height * width + at];
                    (255.0 * (value - low) / range).round() as u8
                };
                sheet.put_pixel(left + x, top + y, Rgb([byte(0), byte(1), byte(2)]));
            }
        }
    }
    Ok(sheet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_stand_side_by_side() {
        let kernel = Tensor::from_slice(&[0.0f32, 1.0, 2.0, 3.0, 5.0, 5.0, 5.0, 5.0]).view([2, 1, 2, 2]);
        let sheet = draw(&kernel).expect("a kernel of numbers");
        assert_eq!((sheet.width(), sheet.height()), (72, 36));
        assert_eq!(sheet.get_pixel(0, 0), &Rgb([255; 3]));
        assert_eq!(sheet.get_pixel(1, 1), &Rgb([0; 3]));
        assert_eq!(sheet.get_pixel(34, 1), &Rgb([85; 3]));
        assert_eq!(sheet.get_pixel(34, 34), &Rgb([255; 3]));
        assert_eq!(sheet.get_pixel(40, 10), &Rgb([0; 3]));
    }
}
