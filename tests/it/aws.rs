//! The stack of template.yaml on an emulator of AWS: schedule -> fetch -> queue -> transform -> queue -> post -> simulated accounts.
//!
//! In: the built functions (`LINNBOOKS_FUNCTIONS`), a Python with boto3 (`LINNBOOKS_AWS_PYTHON`), a directory for the records of calls
//! (`LINNBOOKS_RECORDS`); tests/aws/run sets them. Out: the books, audited by what shares nothing with the product. The emulator runs the
//! functions as processes of this machine, by their event source mappings and schedules; where it cannot what AWS does, a Runtime API of
//! this project's own hands the functions their events (`driver`).
//!
//! Where the emulator differs from AWS, and what is done about it:
//! - it enforces no role: tests/aws/policies.py compares them with the recorded calls;
//! - it hands numbers of CloudFormation parameters over as text: tests/aws/stack.py writes them again;
//! - it hands out at most ten messages a batch and ignores batching windows: `driver` hands out 60;
//! - its table is its own code: with `judged`, AWS's DynamoDB Local takes every call of the table instead;
//! - it never delivers a message twice, throttles nothing and loses no answer: the proxy does (tests/aws/recorder.py);
//! - it knows no alarms, no dashboard and no user pool: left out by the template's one parameter for tests.

use crate::emulators;

mod batches;
mod bench;
mod driver;
mod processes;
mod served;
mod speak;
mod stack;
mod whole;
