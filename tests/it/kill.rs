//! kill -9: the real process is killed at random instants and in the middle of requests; afterwards every order is in the books
//! exactly once and to the penny (reliability.md 1.4).
//!
//! `LINNBOOKS_KILLS` sets the number of kills of all tests together (112 without it), `LINNBOOKS_SEED` another seed.

use std::time::{Duration, Instant};

use integration_tests::audit::{Stage, audit_books, audit_log};
use integration_tests::process::Linnbooks;
use integration_tests::world::{Seller, SellerOptions};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use simulators::quickbooks_online::{
    FaultKind, FaultProbabilities, FaultTarget, LateCommit, PlannedFault, RequestIdMode, Switches,
};
use simulators::time::SimulatedTime;

/// Tests that share the kills.
const MODES: usize = 7;
const KILLS_DEFAULT: usize = 112;
/// Kills in one company; then another begins, so that first runs are killed too.
const KILLS_PER_WORLD_MAX: usize = 8;
/// So many kills cannot all miss the moment between QuickBooks and the store.
const KILLS_TELLING_MIN: usize = 12;
const ORDERS_AT_FIRST: u32 = 40;
const ORDERS_PER_ROUND: u32 = 8;
/// Runs after which everything must be settled.
const RUNS_MAX: usize = 30;

/// How QuickBooks behaves.
struct Mode {
    name: &'static str,
    document: &'static str,
    /// Permanent behaviour.
    behave: fn(&mut Switches),
    /// Faults while processes are killed; taken away before the books are settled.
    strike: fn(&mut Switches, u64),
    /// The fault during which a kill is aimed.
    aim: FaultKind,
}

impl Mode {
    fn ordinary(name: &'static str) -> Self {
        Self {
            name,
            document: "sales_receipt",
            behave: |_| {},
            strike: |_, _| {},
            aim: FaultKind::SlowAnswer { milliseconds: 1_000 },
        }
    }
}

fn number_from(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable)
        .ok()
        .map_or(otherwise, |text| text.parse().expect("a number"))
}

/// A company with its process, and the clockwork of the kills.
struct Yard<'a> {
    mode: &'a Mode,
    seller: Seller,
    linnbooks: Linnbooks,
    random: StdRng,
    run_length: Duration,
    /// Kills after which the books had something that the store did not know of.
    answers_lost: usize,
    seed: u64,
    _directory: tempfile::TempDir,
}

async fn survive(mode: Mode) {
    let kills = number_from("LINNBOOKS_KILLS", KILLS_DEFAULT).div_ceil(MODES);
    let seed = number_from("LINNBOOKS_SEED", 7) as u64;
    let mut killed = 0;
    let mut answers_lost = 0;
    let mut world = 0;
    while killed < kills {
        world += 1;
        let seed = seed * 1_000 + world;
        println!("{}: seed {seed}, {killed} of {kills} kills so far", mode.name);
        let mut yard = Yard::open(&mode, seed).await;
        let goal = KILLS_PER_WORLD_MAX.min(kills - killed);
        killed += yard.kill_until(goal).await;
        answers_lost += yard.answers_lost;
    }
    println!(
        "{}: {killed} kills, {answers_lost} between QuickBooks and the store, every order exactly once",
        mode.name
    );
    // Otherwise the kills were harmless ones and prove nothing.
    assert!(
        answers_lost > 0 || kills < KILLS_TELLING_MIN,
        "{}: none of {killed} kills lost an answer",
        mode.name
    );
}

impl<'a> Yard<'a> {
    async fn open(mode: &'a Mode, seed: u64) -> Self {
        let options = SellerOptions {
            seed,
            document: mode.document,
            ..SellerOptions::default()
        };
        let mut seller = Seller::open(options, SimulatedTime::new()).await;
        seller.add_orders(ORDERS_AT_FIRST);
        seller.quickbooks.set_switches(|switches| (mode.behave)(switches));
        let directory = tempfile::tempdir().unwrap();
        seller.write_files(directory.path());
        let linnbooks = Linnbooks::in_directory(directory.path());
        let random = StdRng::seed_from_u64(seed);
        let run_length = Duration::from_millis(1_500);
        Self {
            mode,
            seller,
            linnbooks,
            random,
            run_length,
            answers_lost: 0,
            seed,
            _directory: directory,
        }
    }

    /// Kills so many processes; after each the books are checked, after each round they are complete.
    async fn kill_until(&mut self, goal: usize) -> usize {
        let mut killed = 0;
        while killed < goal {
            self.seller
                .quickbooks
                .set_switches(|switches| (self.mode.strike)(switches, self.seed + killed as u64));
            while killed < goal && self.run_and_kill().await {
                killed += 1;
                self.audit(Stage::Halfway).await;
                self.answers_lost += usize::from(self.has_lost_answer().await);
                if self.random.random_bool(0.4) {
                    break;
                }
            }
            self.settle().await;
            self.audit(Stage::Ended).await;
            self.seller.add_orders(ORDERS_PER_ROUND);
        }
        killed
    }

    /// Starts a run and kills it, at a random instant or within a request; false when it ended before.
    async fn run_and_kill(&mut self) -> bool {
        let started = Instant::now();
        let aimed = self.random.random_bool(0.6);
        let mut child = if aimed {
            self.start_and_aim().await
        } else {
            let child = self.linnbooks.start(&["sync", "--json"]);
            let delay = self.run_length.mul_f64(self.random.random_range(0.0..1.0));
            tokio::time::sleep(delay).await;
            child
        };
        // SIGKILL: the process cannot catch it.
        let ran_out = child.try_wait().unwrap().is_some();
        if !ran_out {
            child.kill().await.unwrap();
        } else {
            self.run_length = (self.run_length + started.elapsed()) / 2;
        }
        self.seller
            .quickbooks
            .set_switches(|switches| switches.fault_queue.clear());
        !ran_out
    }

    /// Starts a run of which one call is slow, and returns within that call.
    async fn start_and_aim(&mut self) -> tokio::process::Child {
        let after = self.random.random_range(0..5);
        let within = Duration::from_millis(self.random.random_range(0..40));
        let before = self.writes();
        self.seller.quickbooks.set_switches(|switches| {
            let fault = PlannedFault {
                kind: self.mode.aim,
                target: FaultTarget::WriteOrBatch,
                after,
            };
            switches.fault_queue.push_back(fault);
        });
        let mut child = self.linnbooks.start(&["sync", "--json"]);
        while self.writes() <= before + after as u64 && child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(within).await;
        child
    }

    /// Calls so far that write.
    fn writes(&self) -> u64 {
        let counters = self.seller.quickbooks.counters();
        let creates: u64 = counters.create.values().sum();
        counters.batch + creates - counters.batch_items
    }

    /// Runs until nothing moves any more.
    async fn settle(&mut self) {
        self.seller.quickbooks.set_switches(|switches| {
            switches.fault_probabilities = None;
            switches.fault_queue.clear();
        });
        for _ in 0..RUNS_MAX {
            let ended = self.linnbooks.run(&["sync", "--json"]).await;
            assert!(
                ended.code == 0 || ended.code == 3,
                "{} seed {}: sync ended with {}: {} {}",
                self.mode.name,
                self.seed,
                ended.code,
                ended.errors,
                ended.json["stopped_by"]
            );
            if ended.is_settled() {
                return;
            }
            let again = ended.json["run_again_at"]
                .as_str()
                .and_then(|text| text.parse::<jiff::Timestamp>().ok());
            let wait = again.map_or(jiff::SignedDuration::ZERO, |at| {
                at.duration_since(jiff::Timestamp::now())
            });
            tokio::time::sleep(wait.max(jiff::SignedDuration::ZERO).unsigned_abs()).await;
        }
        panic!(
            "{} seed {}: not settled after {RUNS_MAX} runs",
            self.mode.name, self.seed
        );
    }

    /// True when the books have a transaction that the log does not know of: a request that was done and whose answer was lost.
    async fn has_lost_answer(&self) -> bool {
        let log = self.linnbooks.run(&["log", "--json"]).await.json;
        let known = log["documents"].as_array().into_iter().flatten();
        let known: usize = known
            .filter_map(|row| row["quickbooks"].as_array())
            .map(Vec::len)
            .sum();
        let booked = self.seller.quickbooks.books().transactions;
        // A late commit of 300 ms shows as a call that is still open.
        booked.len() > known || (self.is_late() && log["pending"] != 0)
    }

    fn is_late(&self) -> bool {
        matches!(self.mode.aim, FaultKind::SlowCommit { .. })
    }

    async fn audit(&self, stage: Stage) {
        let log = self.linnbooks.run(&["log", "--json"]).await;
        let books = self.seller.quickbooks.books();
        let mut violations = audit_books(&self.seller.expected, self.seller.document(), &books, stage);
        // A process killed before it opened its store has no log yet.
        if !log.json.is_null() || stage == Stage::Ended {
            violations.extend(audit_log(&self.seller.expected, &books, &log.json, stage));
        }
        assert!(
            violations.is_empty(),
            "{} seed {}: {violations:#?}",
            self.mode.name,
            self.seed
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_leave_every_order_in_the_books_once() {
    survive(Mode::ordinary("default")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_double_nothing_when_quickbooks_ignores_the_requestid() {
    let behave = |switches: &mut Switches| switches.requestid = RequestIdMode::Ignored;
    survive(Mode {
        behave,
        ..Mode::ordinary("requestid ignored")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_double_nothing_when_quickbooks_takes_equal_numbers() {
    let behave = |switches: &mut Switches| switches.docnumber_unique = false;
    survive(Mode {
        behave,
        ..Mode::ordinary("numbers not unique")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_double_nothing_when_a_repeated_batch_is_refused_with_6000() {
    let behave = |switches: &mut Switches| switches.requestid = RequestIdMode::Replay6000;
    survive(Mode {
        behave,
        ..Mode::ordinary("replay refused")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_double_nothing_when_quickbooks_commits_after_the_connection_is_gone() {
    let aim = FaultKind::SlowCommit { milliseconds: 300 };
    let behave = |switches: &mut Switches| switches.late_commit = LateCommit::Milliseconds(300);
    let strike = |switches: &mut Switches, seed| {
        let lost = (
            FaultKind::CommitThenDropConnection,
            FaultTarget::WriteOrBatch,
            0.1,
        );
        switches.fault_probabilities = Some(FaultProbabilities {
            seed,
            entries: vec![lost],
        });
    };
    survive(Mode {
        behave,
        strike,
        aim,
        ..Mode::ordinary("late commit")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_double_nothing_among_lost_answers() {
    let strike = |switches: &mut Switches, seed| {
        let target = FaultTarget::WriteOrBatch;
        let entries = vec![
            (FaultKind::CommitThenDropConnection, target, 0.08),
            (FaultKind::CommitThen500, target, 0.05),
            (FaultKind::HtmlBadGateway502 { committed: true }, target, 0.05),
            (FaultKind::DropBeforeCommit, target, 0.05),
            (FaultKind::TruncatedJson, target, 0.05),
            (
                FaultKind::BatchPartialThenDrop { committed: 3 },
                FaultTarget::Batch,
                0.1,
            ),
            (FaultKind::BatchReordered, FaultTarget::Batch, 0.2),
        ];
        switches.fault_probabilities = Some(FaultProbabilities { seed, entries });
    };
    survive(Mode {
        strike,
        ..Mode::ordinary("lost answers")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_leave_exactly_one_payment_for_each_invoice() {
    survive(Mode {
        document: "invoice_with_payment",
        ..Mode::ordinary("invoice with payment")
    })
    .await;
}
