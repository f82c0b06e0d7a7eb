//! The recipe of a header and of the command line: what it takes, what it refuses and where.

use netc::diag::Code;
use netc::program::{Init, Role};
use netc::recipe::{Factors, Optimizer, Override, Recipe, Schedule, Stretch, keys, read};
use netc::source::Source;

const TABLE: &str = "| Layer | Output | Filter |\n|---|---|---|\n| INPUT | 8x8x3 | |\n| CONV | | 3x3; K=4; valid |\n| BN | | |\n| FC | 2 | |\n";

fn compiled(train: &str) -> (Source, netc::Compiled) {
    let source =
        Source::new("recipe.spec", format!("---\ndialect: keras\ntrain: {{ {train} }}\n---\n\n{TABLE}"));
    let compiled = netc::compile(&source, &netc::Options::default());
    (source, compiled)
}

fn found(train: &str) -> (Recipe, Vec<(Code, String)>) {
    let (source, compiled) = compiled(train);
    let wrong = compiled.diagnostics.iter();
    let places = wrong.map(|d| (d.code, source.slice(d.primary.span).trim().to_owned())).collect();
    (read(&compiled.document.header, &[]).recipe, places)
}

fn with(train: &str, flags: &[(&str, &str)]) -> (Recipe, Vec<String>) {
    let (_, compiled) = compiled(train);
    let flags: Vec<Override> = flags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let reading = read(&compiled.document.header, &flags);
    assert!(reading.diagnostics.is_empty(), "{:?}", reading.diagnostics);
    (reading.recipe, reading.flags)
}

#[test]
fn what_is_wrong_is_reported_at_its_place_by_the_check() {
    let told = |train: &str, code: Code, place: &str| {
        assert_eq!(found(train).1, [(code, place.to_owned())], "{train}");
    };
    told("momentun: 0.9", Code::E0501, "momentun");
    told("augment: { mirrored: true }", Code::E0501, "mirrored");
    told("rate: -1", Code::E0502, "-1");
    told("momentum: 1", Code::E0502, "1");
    told("schedule: cosin", Code::E0502, "cosin");
    told("nesterov: 1", Code::E0502, "1");
    told("data: 3", Code::E0502, "3");
    told("time: 90", Code::E0502, "90");
    told("augment: 3", Code::E0502, "3");
    told("kernel_init: \"N(1, 2)\"", Code::E0502, "\"N(1, 2)\"");
    told("schedule: multistep, milestones: [3, 2]", Code::E0502, "[3, 2]");
    told("optimizer: adam, momentum: 0.9", Code::E0530, "momentum");
    told("every: 3", Code::E0530, "every");
    told("epochs: 3, steps: 4", Code::E0531, "steps");
    told("time: 2h, schedule: cosine", Code::E0531, "time");
    told("warmup: 2, schedule: one_cycle", Code::E0531, "warmup");
    told("warmup_start: 0", Code::E0531, "warmup_start");
    told("nesterov: true, momentum: 0", Code::E0531, "nesterov");
    told("rows: { convv1: { rate: 2 } }", Code::E0532, "convv1");
    told("rows: { input1: { rate: 2 } }", Code::E0532, "input1");
    told("rows: { conv1: { rat: 2 } }", Code::E0501, "rat");
    told("rows: { conv1: { rate: -2 } }", Code::E0502, "-2");
    told("rows: { conv1: 3 }", Code::E0502, "3");
}

#[test]
fn defaults_follow_the_optimizer_and_the_run_has_one_end() {
    let recipe = |train: &str| {
        let (recipe, wrong) = found(train);
        assert_eq!(wrong, [], "{train}");
        recipe
    };
    assert_eq!(recipe("seed: 0"), Recipe::default());
    assert_eq!(recipe("optimizer: adamw").rate, 0.001);
    assert_eq!(recipe("optimizer: rmsprop").optimizer.slots(), 1);
    assert_eq!((recipe("steps: 7").epochs, recipe("time: 1h").epochs), (None, None));
    let both = recipe("time: 1h30m, epochs: 3, schedule: cosine");
    assert_eq!((both.epochs, both.seconds), (Some(3), Some(5400)));
}

#[test]
fn flags_win_over_the_header() {
    let (recipe, wrong) = with(
        "epochs: 9, momentum: 0.5, schedule: step, every: 2",
        &[("steps", "40"), ("optimizer", "adam"), ("rate", "1e-4"), ("augment.mirror", "true")],
    );
    assert_eq!(wrong, [""; 0]);
    assert_eq!(
        (recipe.epochs, recipe.steps, recipe.rate, recipe.augment.mirror),
        (None, Some(40), 1e-4, true)
    );
    assert_eq!(recipe.schedule, Schedule::Step { every: Stretch::Epochs(2.0), factor: 0.1 });
    assert!(matches!(recipe.optimizer, Optimizer::Adam { .. }));
    let (recipe, wrong) = with("seed: 1", &[("rows", "{ fc: { bias_init: 1 } }"), ("data", "2024")]);
    assert_eq!((wrong.len(), recipe.rows.len(), recipe.data.as_deref()), (0, 1, Some("2024")));
    let (_, wrong) = with("seed: 1", &[("rate", "-1"), ("beta1", "0.5"), ("steps", "0")]);
    let first: Vec<&str> = wrong.iter().filter_map(|w| w.lines().next()).collect();
    assert_eq!(
        first,
        [
            "--steps 0: `steps` is a whole number of at least 1",
            "--rate -1: `rate` is a number of at least 0",
            "--beta1 0.5: `beta1` does nothing with optimizer sgd",
        ]
    );
}

#[test]
fn single_rows_have_factors_and_initialisers() {
    let train = "bias_rate: 2, norm_decay: 1, kernel_init: \"N(0, 0.01)\", rows: { conv: { rate: 0.5 }, \"conv1, fc1\": { bias_init: 1, decay: 3 }, fc1: { bias_rate: 7, kernel_init: he_normal } }";
    let (_, compiled) = compiled(train);
    assert!(compiled.is_sound(), "{:?}", compiled.diagnostics);
    let mut program = netc::lower(&compiled.nets[0]).expect("a sound net");
    let recipe = read(&compiled.document.header, &[]).recipe;
    recipe.initialise(&mut program);
    let of = |name: &str| {
        let param = program.params.iter().find(|p| p.name == name).expect("a parameter");
        let Factors { rate, decay } = recipe.factors(&program, param);
        (rate, decay, param.init)
    };
    assert_eq!(of("conv1.kernel"), (0.5, 3.0, Init::Normal { std: 0.01 }));
    assert_eq!(of("conv1.bias"), (1.0, 0.0, Init::Constant(1.0)));
    assert_eq!(of("bn1.scale"), (1.0, 1.0, Init::Constant(1.0)));
    assert_eq!(of("fc1.kernel"), (1.0, 3.0, Init::Normal { std: (2.0f64 / 144.0).sqrt() }));
    assert_eq!(of("fc1.bias"), (7.0, 0.0, Init::Constant(1.0)));
    assert!(program.params.iter().any(|p| p.role == Role::RunningMean));
}

/// What a run's folder keeps is the recipe: printed and read back it is the same.
#[test]
fn a_printed_recipe_reads_back() {
    for train in [
        "seed: 3",
        "data: digits, steps: 40, time: 90m, optimizer: adamw, beta2: 0.99, weight_decay: 0.01, ema: 0.999",
        "optimizer: rmsprop, momentum: 0.5, schedule: poly, power: 2, floor: 0.1, warmup: 500 steps, warmup_start: 0",
        "optimizer: lars, trust: 0.02, schedule: one_cycle, div_factor: 10, clip_norm: 1, clip_value: 2",
        "nesterov: true, schedule: plateau, patience: 3, monitor: loss, early_stopping: 9, keep_every: 5, save_every: 100 steps",
        "schedule: multistep, milestones: [3, 500 steps], kernel_init: he_normal, bias_init: 1, label_smoothing: 0.1",
        "schedule: exponential, every: 2.5, factor: 0.9, accumulate: 4, augment: { resize: 10, mirror: true }",
        "on_bad_image: skip, augment: { base: whole, area: [0.08, 1], ratio: [0.5, 2], hue: 0.1, contrast: 0.4, pca: 0.1, mean: pixel, scale: [0.2, 0.2, 0.3] }",
        "augment: { pca_values: [1, 2, 3], pca_vectors: [1, 0, 0, 0, 1, 0, 0, 0, 1], mean: [0.5], scale: byte, brightness: 1 }",
        "rows: { conv1: { rate: 2, bias_decay: 0.5, kernel_init: \"U(0.1)\" }, \"fc, bn1\": { decay: 0 } }, l2: 0.1",
    ] {
        let (recipe, wrong) = found(train);
        assert_eq!(wrong, [], "{train}");
        let printed = recipe.to_yaml().replace('\n', "\n  ");
        let text = format!("---\ndialect: keras\ntrain:\n  {}\n---\n\n{TABLE}", printed.trim_end());
        let again = netc::compile(&Source::new("again", text.clone()), &netc::Options::default());
        assert!(again.is_sound(), "{text}\n{:?}", again.diagnostics);
        assert_eq!(read(&again.document.header, &[]).recipe, recipe, "{text}");
    }
}

#[test]
fn each_key_is_listed_once_and_takes_its_default() {
    for (index, key) in keys::KEYS.iter().enumerate() {
        assert!(keys::KEYS[..index].iter().all(|k| k.name != key.name && k.flag() != key.flag()));
        assert!(!key.meaning.is_empty() && !key.default.is_empty(), "{}", key.name);
        if let Some((of, values)) = key.only {
            let keys::Takes::Word(words) = keys::find(of).expect("a key").takes else { panic!("{of}") };
            assert!(values.iter().all(|v| words.contains(v)), "{}", key.name);
        }
    }
}

#[test]
fn a_flag_needs_no_brackets_around_a_list() {
    let schedule = |text: &str| with("schedule: multistep", &[("milestones", text)]).0.schedule;
    assert_eq!(schedule("2,4"), schedule("[2, 4]"));
    assert_eq!(schedule("3"), schedule("[3]"));
    assert_ne!(schedule("2,4"), schedule("2,5"));
    let mean = |text: &str| with("epochs: 1", &[("augment.mean", text)]).0.augment.mean;
    assert_eq!(mean("0.1,0.2,0.3"), mean("[0.1, 0.2, 0.3]"));
    assert_ne!(mean("0.1,0.2,0.3"), mean("pixel"));
}
