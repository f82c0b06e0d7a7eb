//! A layered layout: ranks by longest path, long edges through places of their own in each rank, few
//! crossings by barycentres, straight lines by a least-squares fit that keeps the order.
//! (Sugiyama, Tagawa, Toda 1981; the fit is the pool-adjacent-violators algorithm.)

/// Between neighbours of a rank.
const GAP: f64 = 22.0;
/// Between ranks.
const RISE: f64 = 54.0;
/// How often ranks are ordered and fitted.
const SWEEPS: usize = 12;
/// The most places that long edges take; edges beyond go straight.
const MOST_PLACES: usize = 50_000;

/// Where everything stands, in pixels from the top left.
pub(super) struct Layout {
    /// Centres of the boxes.
    pub(super) boxes: Vec<(f64, f64)>,
    /// For each edge the vertical stretches it runs through: x, top, bottom.
    pub(super) routes: Vec<Vec<(f64, f64, f64)>>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A box, or where a long edge passes a rank.
struct Slot {
    width: f64,
    is_box: bool,
    /// A place of an edge that goes around others: it bends before they do.
    light: bool,
    /// Slots of the rank above and below that it is joined to.
    near: [Vec<usize>; 2],
    x: f64,
}

/// Lays out boxes of these sizes; edges run from an earlier to a later box.
pub(super) fn layout(sizes: &[(f64, f64)], edges: &[(usize, usize)]) -> Layout {
    let ranks = ranks(sizes.len(), edges);
    let mut slots: Vec<Slot> = sizes
        .iter()
        .map(|(width, _)| Slot { width: *width, is_box: true, light: false, near: [vec![], vec![]], x: 0.0 })
        .collect();
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); ranks.iter().max().map_or(0, |m| m + 1)];
    (0..sizes.len()).for_each(|i| layers[ranks[i]].push(i));
    let mut paths = Vec::with_capacity(edges.len());
    let mut readers = vec![0; sizes.len()];
    edges.iter().for_each(|(from, _)| readers[*from] += 1);
    for (from, to) in edges {
        let mut path = vec![*from];
        if slots.len() < sizes.len() + MOST_PLACES {
            for layer in &mut layers[ranks[*from] + 1..ranks[*to]] {
                layer.push(slots.len());
                path.push(slots.len());
                slots.push(Slot {
                    width: 6.0,
                    is_box: false,
                    light: readers[*from] > 1,
                    near: [vec![], vec![]],
                    x: 0.0,
                });
            }
        }
        path.push(*to);
        for pair in path.windows(2) {
            slots[pair[0]].near[1].push(pair[1]);
            slots[pair[1]].near[0].push(pair[0]);
        }
        paths.push(path);
    }
    order(&mut slots, &mut layers);
    fit(&mut slots, &layers);
    place(sizes, &slots, &layers, &paths)
}

/// The longest path from a source.
fn ranks(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut into: Vec<Vec<usize>> = vec![Vec::new(); count];
    edges.iter().for_each(|(from, to)| into[*to].push(*from));
    let mut ranks = vec![0; count];
    for node in 0..count {
        ranks[node] = into[node].iter().map(|n| ranks[*n] + 1).max().unwrap_or(0);
    }
    ranks
}

/// Orders each rank by where its neighbours stand, down and up; ties keep the author's order.
fn order(slots: &mut [Slot], layers: &mut [Vec<usize>]) {
    let number = |slots: &mut [Slot], layer: &[usize]| {
        let middle = (layer.len() as f64 - 1.0) / 2.0;
        layer.iter().enumerate().for_each(|(i, s)| slots[*s].x = i as f64 - middle);
    };
    layers.iter().for_each(|layer| number(slots, layer));
    for sweep in 0..SWEEPS {
        let side = sweep % 2;
        let count = layers.len();
        for step in 0..count {
            let layer = &mut layers[if side == 0 { step } else { count - 1 - step }];
            let key = |s: usize| {
                let near = &slots[s].near[side];
                let sum: f64 = near.iter().map(|n| slots[*n].x).sum();
                if near.is_empty() { slots[s].x } else { sum / near.len() as f64 }
            };
            let mut keyed: Vec<(f64, usize)> = layer.iter().map(|s| (key(*s), *s)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            *layer = keyed.into_iter().map(|(_, s)| s).collect();
            number(slots, layer);
        }
    }
}

/// Moves each rank as near to its neighbours as its order allows, down and up.
fn fit(slots: &mut [Slot], layers: &[Vec<usize>]) {
    for layer in layers {
        let mut x = 0.0;
        for s in layer {
            slots[*s].x = x + slots[*s].width / 2.0;
            x += slots[*s].width + GAP;
        }
        layer.iter().for_each(|s| slots[*s].x -= x / 2.0);
    }
    for sweep in 0..2 * SWEEPS {
        let count = layers.len();
        for step in 0..count {
            let layer = &layers[if sweep % 2 == 0 { step } else { count - 1 - step }];
            let sides: &[usize] = if sweep + 2 < 2 * SWEEPS { &[sweep % 2] } else { &[0, 1] };
            let wishes: Vec<(f64, f64)> = layer.iter().map(|s| wish(slots, *s, sides)).collect();
            let gaps: Vec<f64> =
                layer.windows(2).map(|p| (slots[p[0]].width + slots[p[1]].width) / 2.0 + GAP).collect();
            for (s, x) in layer.iter().zip(nearest(&wishes, &gaps)) {
                slots[*s].x = x;
            }
        }
    }
}

/// Where a slot would stand by its neighbours, and how much that matters: chains stay straight before the
/// edges around them do.
fn wish(slots: &[Slot], s: usize, sides: &[usize]) -> (f64, f64) {
    let (mut sum, mut weight) = (0.0, 0.0);
    for near in sides.iter().flat_map(|side| &slots[s].near[*side]) {
        let w = match (slots[s].light, slots[*near].light) {
            (false, false) => 4.0,
            (true, true) => 2.0,
            _ => 1.0,
        };
        sum += w * slots[*near].x;
        weight += w;
    }
    if weight > 0.0 { (sum / weight, weight) } else { (slots[s].x, 0.1) }
}

/// The positions nearest to the wishes, by weighted squares, that keep the gaps.
fn nearest(wishes: &[(f64, f64)], gaps: &[f64]) -> Vec<f64> {
    let mut offsets = vec![0.0];
    gaps.iter().for_each(|g| offsets.push(offsets[offsets.len() - 1] + g));
    // Blocks of (mean, weight, how many); a block that stands before its neighbour's is joined with it.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for ((wish, weight), offset) in wishes.iter().zip(&offsets) {
        let mut block = (wish - offset, *weight, 1);
        while let Some(last) = blocks.last().copied().filter(|last| last.0 > block.0) {
            let total = last.1 + block.1;
            block = ((last.0 * last.1 + block.0 * block.1) / total, total, last.2 + block.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    let means = blocks.into_iter().flat_map(|(mean, _, n)| std::iter::repeat_n(mean, n));
    means.zip(offsets).map(|(mean, offset)| mean + offset).collect()
}

fn place(sizes: &[(f64, f64)], slots: &[Slot], layers: &[Vec<usize>], paths: &[Vec<usize>]) -> Layout {
    let left = slots.iter().map(|s| s.x - s.width / 2.0).fold(f64::INFINITY, f64::min);
    let right = slots.iter().map(|s| s.x + s.width / 2.0).fold(f64::NEG_INFINITY, f64::max);
    let (mut bands, mut y) = (vec![(0.0, 0.0); slots.len()], 0.0);
    for layer in layers {
        let height = layer.iter().filter(|s| slots[**s].is_box).map(|s| sizes[*s].1).fold(0.0, f64::max);
        layer.iter().for_each(|s| bands[*s] = (y, y + height));
        y += height + RISE;
    }
    let x = |s: usize| slots[s].x - left;
    let boxes = (0..sizes.len()).map(|i| (x(i), (bands[i].0 + bands[i].1) / 2.0)).collect();
    let through = |path: &Vec<usize>| {
        path[1..path.len() - 1].iter().map(|s| (x(*s), bands[*s].0, bands[*s].1)).collect()
    };
    let (width, height) = ((right - left).max(0.0), (y - RISE).max(0.0));
    Layout {
        boxes,
        routes: paths.iter().map(through).collect(),
        width: if width.is_finite() { width } else { 0.0 },
        height,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_met_as_far_as_gaps_allow() {
        assert_eq!(nearest(&[(0.0, 1.0), (10.0, 1.0)], &[4.0]), [0.0, 10.0]);
        assert_eq!(nearest(&[(0.0, 1.0), (0.0, 1.0)], &[4.0]), [-2.0, 2.0]);
        assert_eq!(nearest(&[(0.0, 3.0), (0.0, 1.0)], &[4.0]), [-1.0, 3.0]);
    }

    #[test]
    fn a_chain_is_straight_and_a_long_edge_goes_around() {
        let sizes = [(100.0, 20.0); 4];
        let found = layout(&sizes, &[(0, 1), (1, 2), (2, 3), (0, 3)]);
        let xs: Vec<i64> = found.boxes.iter().map(|b| b.0.round() as i64).collect();
        assert_eq!(found.routes[3].len(), 2);
        for (x, ..) in &found.routes[3] {
            assert!((x - found.boxes[1].0).abs() > 50.0, "the edge runs through a box");
        }
        assert!((xs[1] - xs[2]).abs() <= 2, "{xs:?}");
        assert!(found.boxes.windows(2).all(|p| p[1].1 > p[0].1 + 20.0));
    }

    #[test]
    fn boxes_of_a_rank_do_not_overlap() {
        let edges: Vec<(usize, usize)> = (1..6).map(|i| (0, i)).chain((1..6).map(|i| (i, 6))).collect();
        let found = layout(&[(80.0, 20.0); 7], &edges);
        for pair in found.boxes[1..6].windows(2) {
            assert!(pair[1].0 - pair[0].0 >= 80.0 + GAP - 1e-6);
        }
        assert!(layout(&[], &[]).boxes.is_empty());
    }
}
