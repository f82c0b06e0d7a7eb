//! The net as JSON. Its keys are stable: some may be added, none is renamed.

use super::View;
use petgraph::graph::NodeIndex;
use serde::Serialize;
use std::collections::HashMap;

#[derive(Serialize)]
struct Net<'a> {
    name: &'a str,
    dialect: &'static str,
    layers: Vec<Layer<'a>>,
    totals: Totals,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Layer<'a> {
    index: usize,
    line: u32,
    use_line: Option<u32>,
    name: &'a str,
    layer: &'a str,
    inputs: Vec<usize>,
    output: Option<Vec<u64>>,
    declared: Option<Vec<u64>>,
    padding: Option<[u32; 4]>,
    params: Option<u64>,
    buffers: Option<u64>,
    macs: Option<u64>,
    activations: Option<u64>,
    stand_ins: Vec<&'static str>,
}

#[derive(Serialize)]
struct Totals {
    params: u64,
    buffers: u64,
    trainable: u64,
    macs: u64,
    neurons: u64,
    activation_bytes: u64,
    training_bytes: u64,
    training_batch: u64,
    optimiser_slots: u64,
}

pub(super) fn render(view: &View<'_>) -> String {
    let net = &view.checked.net;
    let places: HashMap<NodeIndex, usize> = net.order.iter().enumerate().map(|(i, n)| (*n, i)).collect();
    let output = Net {
        name: &net.name,
        dialect: view.checked.conventions.dialect.name(),
        layers: net.order.iter().map(|n| layer(view, *n, &places)).collect(),
        totals: totals(view),
        notes: view.remarks,
    };
    let mut text =
        serde_json::to_string_pretty(&output).expect("a tree of strings and numbers is valid JSON");
    text.push('\n');
    text
}

fn layer<'a>(view: &View<'a>, node: NodeIndex, places: &HashMap<NodeIndex, usize>) -> Layer<'a> {
    let net = &view.checked.net;
    let (row, bound) = (&net.graph[node], view.checked.row(node));
    Layer {
        index: places[&node],
        line: row.line,
        use_line: row.use_line(),
        name: &row.name,
        layer: row.kind.map_or(&*row.label, |k| k.name),
        inputs: net.inputs(node).iter().map(|n| places[n]).collect(),
        output: bound.map(|b| b.output.dims()),
        declared: row.declared().map(|(shape, _)| shape.dims()),
        padding: bound.and_then(|b| b.layer.padding(&b.inputs)),
        params: bound.map(|b| b.cost.params()),
        buffers: bound.map(|b| b.cost.buffers),
        macs: bound.map(|b| b.cost.macs),
        activations: bound.map(|b| b.output.elements()),
        stand_ins: row.origins.iter().filter(|o| o.stand_in).map(|o| o.param).collect(),
    }
}

fn totals(view: &View<'_>) -> Totals {
    let totals = view.checked.totals();
    let params = totals.cost.params();
    Totals {
        params,
        buffers: totals.cost.buffers,
        trainable: params,
        macs: totals.cost.macs,
        neurons: totals.neurons,
        activation_bytes: view.activation_bytes(),
        training_bytes: view.training_bytes(),
        training_batch: view.training.batch,
        optimiser_slots: view.training.slots,
    }
}
