//! Which fault strikes a request.
//!
//! In: the queue of planned faults and the random plan of the switches. Out: at most one fault per request, always the same
//! for the same seed and order of requests. Does not carry it out (see `engine`).

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::route::Route;
use super::switches::{FaultKind, FaultProbabilities, FaultTarget, Switches};

/// The random plan in use and its generator.
#[derive(Default)]
pub(super) struct Chaos {
    plan: Option<(FaultProbabilities, StdRng)>,
}

fn is_hit(route: &Route, kind: FaultKind, target: FaultTarget) -> bool {
    route.is_hit_by(target) && (!kind.is_batch_only() || route.is_hit_by(FaultTarget::Batch))
}

impl Chaos {
    /// The fault for a request, if any; a planned one is used up.
    pub fn pick(&mut self, switches: &mut Switches, route: &Route) -> Option<FaultKind> {
        let mut struck = None;
        for (index, planned) in switches.fault_queue.iter_mut().enumerate() {
            if !is_hit(route, planned.kind, planned.target) {
                continue;
            }
            if planned.after == 0 {
                struck = Some(index);
                break;
            }
            planned.after -= 1;
        }
        if let Some(planned) = struck.and_then(|index| switches.fault_queue.remove(index)) {
            return Some(planned.kind);
        }
        self.draw(switches.fault_probabilities.as_ref()?, route)
    }

    fn draw(&mut self, wanted: &FaultProbabilities, route: &Route) -> Option<FaultKind> {
        if self.plan.as_ref().is_none_or(|(plan, _)| plan != wanted) {
            self.plan = Some((wanted.clone(), StdRng::seed_from_u64(wanted.seed)));
        }
        let (plan, generator) = self.plan.as_mut()?;
        let hits = plan
            .entries
            .iter()
            .filter(|(kind, target, _)| is_hit(route, *kind, *target));
        hits.map(|(kind, _, probability)| (*kind, generator.random::<f64>() < *probability))
            .find_map(|(kind, strikes)| strikes.then_some(kind))
    }
}
