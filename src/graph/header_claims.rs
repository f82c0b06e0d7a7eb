//! The header's `claims:`: of every net of the document, or of one by its name.

use super::header_types::is_scalar;
use super::settings::{text, unknown};
use super::{Counting, Net, NetAbout, NetClaim};
use crate::diag::{Code, Diagnostic};
use crate::source::{Source, Span};
use crate::syntax::{self, Header, fold, meant};

/// Keys that `claims:` takes beside the names of nets.
const NAMES: &[&str] =
    &["parameters", "params", "buffers", "neurons", "macs", "flops", "depth", "connections", "views", "K"];

/// What the header claims.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims {
    claims: Vec<NetClaim>,
    counting: Counting,
    of_nets: Vec<OfNet>,
}

/// What it claims of one net: `claims: { A: { parameters: 133M } }`.
#[derive(Clone, Debug)]
struct OfNet {
    name: String,
    span: Span,
    claims: Vec<NetClaim>,
    counting: Counting,
}

impl Claims {
    pub(super) fn read(source: &Source, header: &Header, found: &mut Vec<Diagnostic>) -> Self {
        let mut all = Self::default();
        for key in header.keys(&["claims"]) {
            let Some(field) = header.get(&["claims", &key]) else { continue };
            if !field.value.is_mapping() {
                one(source, header, &["claims", &key], (&mut all.claims, &mut all.counting), found);
                continue;
            }
            let (mut claims, mut counting) = (Vec::new(), Counting::default());
            for inner in header.keys(&["claims", &key]) {
                one(source, header, &["claims", &key, &inner], (&mut claims, &mut counting), found);
            }
            all.of_nets.push(OfNet { name: key, span: field.key_span, claims, counting });
        }
        all
    }

    /// Gives a net what is claimed of it.
    pub(super) fn give(&self, net: &mut Net) {
        net.claims.extend(self.claims.iter().cloned());
        net.counting = self.counting;
        for own in self.of_nets.iter().filter(|o| fold(&o.name) == fold(&net.name)) {
            // What is said of this net wins over what is said of all.
            net.claims.retain(|c| !own.claims.iter().any(|o| o.about == c.about));
            net.claims.extend(own.claims.iter().cloned());
            net.counting = own.counting.or(net.counting);
        }
    }

    /// Reports claims of nets that the document does not hold.
    pub(super) fn unmatched(&self, nets: &[String], found: &mut Vec<Diagnostic>) {
        let strange = |o: &&OfNet| !nets.iter().any(|n| fold(n) == fold(&o.name));
        for own in self.of_nets.iter().filter(strange) {
            let all = format!("the nets are {}", nets.join(", "));
            let message = format!("the header claims something of `{}`, and no net has that name", own.name);
            found.push(Diagnostic::new(Code::E0105, own.span, message).help(meant(
                &own.name,
                nets.iter().map(String::as_str),
                &all,
            )));
        }
    }
}

fn one(
    source: &Source,
    header: &Header,
    path: &[&str],
    (claims, counting): (&mut Vec<NetClaim>, &mut Counting),
    found: &mut Vec<Diagnostic>,
) {
    let Some(field) = header.get(path).filter(|f| is_scalar(f.value)) else { return };
    let (key, written) = (path.last().copied().unwrap_or_default(), text(source, &field));
    if counting.read(key, &field, &written, found) {
        return;
    }
    let about = match key {
        "parameters" | "params" => NetAbout::Parameters,
        "buffers" => NetAbout::Buffers,
        "neurons" => NetAbout::Neurons,
        "macs" | "flops" => NetAbout::Macs,
        "depth" => NetAbout::Depth,
        "connections" => NetAbout::Connections,
        // The recipe's, which knows how many there are.
        "views" if path.len() == 2 => return,
        _ => return unknown(header, path, NAMES, found),
    };
    match syntax::number(&written) {
        Ok(value) => claims.push(NetClaim { about, value, span: field.span, text: written }),
        Err(e) => {
            let mut d = Diagnostic::new(Code::E0106, field.span, e.message);
            d.help = match key {
                "flops" => Some("write how many: `1.2G`; or what one is: `macs` or `2 macs`".to_owned()),
                _ => e.help,
            };
            found.push(d);
        }
    }
}
