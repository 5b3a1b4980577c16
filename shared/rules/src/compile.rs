//! Compiles a file once per version: conditions with folded values, actions with typed values, and the index.
//!
//! In: a [`RuleFile`]. Out: [`CompiledRules`]. Runs nothing; see `run`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::apply::{Effect, End, Source, Step, StripEnd, Written};
use crate::condition::{Tree, Wrong, table_rows};
use crate::error::RuleError;
use crate::facts::Slot;
use crate::field::{Field, FieldId, Kind, Level};
use crate::fields;
use crate::index::Index;
use crate::operator::Operator;
use crate::rule::{Action, Affix, Condition, Rule, RuleFile, Surcharge, When};
use crate::template;
use crate::value::{Value, fold};
use crate::verify::{affixes, check_action, compared, compared_by_table, to_constant};

/// The rules of a file, ready to run on any number of documents.
#[derive(Debug)]
pub struct CompiledRules {
    kinds: [KindRules; 4],
    version: String,
}

/// The rules of one kind of document.
#[derive(Debug)]
pub(crate) struct KindRules {
    pub(crate) rules: Vec<CompiledRule>,
    pub(crate) index: Index,
}

/// One rule, ready to run.
#[derive(Debug)]
pub(crate) struct CompiledRule {
    pub(crate) number: usize,
    pub(crate) name: Arc<str>,
    pub(crate) connections: Box<[Box<str>]>,
    pub(crate) when: When,
    pub(crate) tree: Tree,
    pub(crate) uses_lines: bool,
    pub(crate) steps: Box<[Step]>,
    pub(crate) stop: bool,
}

impl CompiledRules {
    /// Compiles the enabled rules of a file.
    ///
    /// # Errors
    /// What is wrong with rules that were not read from a file, or were changed since; a file that was read compiles.
    pub fn compile(file: &RuleFile) -> Result<Self, Vec<RuleError>> {
        let mut errors = Vec::new();
        let mut rules: [Vec<CompiledRule>; 4] = Default::default();
        for (number, rule) in file.rules.iter().enumerate().filter(|(_, rule)| rule.enabled) {
            match compile_rule(number, rule) {
                Ok(compiled) => {
                    if let Some(list) = rules.get_mut(rule.kind as usize) {
                        list.push(compiled);
                    }
                }
                Err(wrong) => errors.push(to_error(rule, wrong)),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let kinds = rules.map(|rules| KindRules {
            index: Index::new(&rules),
            rules,
        });
        Ok(Self {
            kinds,
            version: file.version(),
        })
    }

    /// The version of the file that was compiled.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub(crate) fn of_kind(&self, kind: Kind) -> &KindRules {
        let [order, refund, purchase_order, stock] = &self.kinds;
        match kind {
            Kind::Order => order,
            Kind::Refund => refund,
            Kind::PurchaseOrder => purchase_order,
            Kind::Stock => stock,
        }
    }
}

fn to_error(rule: &Rule, wrong: Wrong) -> RuleError {
    RuleError {
        file_name: format!("rule '{}'", rule.name.value),
        line: 0,
        column: 0,
        excerpt: String::new(),
        width: 0,
        code: wrong.code,
        cause: wrong.cause,
        remedy: wrong.remedy,
    }
}

fn compile_rule(number: usize, rule: &Rule) -> Result<CompiledRule, Wrong> {
    let tree = Tree::compile(&rule.when, &rule.table)?;
    let mut steps = Vec::with_capacity(rule.then.len());
    for action in &rule.then {
        check_action(&action.value, rule.kind, &rule.when)?;
        steps.push(compile_action(&action.value, rule)?);
    }
    Ok(CompiledRule {
        number,
        name: rule.name.value.as_str().into(),
        connections: rule.connections.iter().map(|name| fold(name).into()).collect(),
        when: rule.when.clone(),
        uses_lines: tree.uses_lines(),
        tree,
        steps: steps.into(),
        stop: rule.stop,
    })
}

fn compile_action(action: &Action, rule: &Rule) -> Result<Step, Wrong> {
    let stock = rule.kind == Kind::Stock;
    Ok(match action {
        Action::Set { field, value } => assign(field, Source::Constant(to_constant(field, value)?)),
        Action::Clear { field } => assign(field, Source::Constant(Value::Absent)),
        Action::Copy { from, to } => assign(to, Source::Copy(Slot::from(from))),
        Action::Map { field } => compile_map(field, rule)?,
        Action::FromTable { field } => compile_table(field, rule)?,
        Action::Strip { field, affix } => {
            let ends = compile_affix(affix, field, &rule.when);
            assign(
                field,
                Source::Compared {
                    from: Slot::from(field),
                    ends,
                    else_whole: false,
                },
            )
        }
        Action::Template { field, text } => compile_template(field, text, rule)?,
        Action::SplitSku { keep, separator } => {
            let separator = separator.as_str().into();
            assign(
                &fields::SKU.into(),
                Source::Split {
                    keep: *keep,
                    separator,
                },
            )
        }
        Action::MultiplyQuantity(factor) if stock => on_document(Effect::MultiplyLevel(*factor)),
        Action::MultiplyQuantity(factor) => Step {
            per_line: true,
            effect: Effect::MultiplyQuantity(*factor),
        },
        Action::DivideQuantity(factor) => on_document(Effect::DivideLevel(*factor)),
        Action::Surcharge(Surcharge::Amount(amount)) => on_document(Effect::AddAmount(*amount)),
        Action::Surcharge(Surcharge::Percent(percent)) => on_document(Effect::AddPercent(*percent)),
        Action::AddLine(line) => {
            let value = |(id, value): &(FieldId, String)| Ok((*id, to_constant(&Field::Known(*id), value)?));
            let values: Result<Box<[_]>, Wrong> = line.iter().map(value).collect();
            on_document(Effect::AddLine(values?))
        }
        Action::Skip(reason) => on_document(Effect::End(End::Skip, reason.as_str().into())),
        Action::Hold(reason) => on_document(Effect::End(End::Hold, reason.as_str().into())),
    })
}

fn compile_map(field: &Field, rule: &Rule) -> Result<Step, Wrong> {
    let compared = compared(&rule.when)?;
    let ends = compared.affixes.into_iter().map(strip_end).collect();
    Ok(assign(
        field,
        Source::Compared {
            from: Slot::from(&compared.field),
            ends,
            else_whole: true,
        },
    ))
}

fn compile_template(field: &Field, text: &str, rule: &Rule) -> Result<Step, Wrong> {
    let parts = template::parse(text, rule.kind)?
        .into_iter()
        .map(|part| match part {
            template::Part::Text(text) => Written::Text(text.into()),
            template::Part::Field(field) => Written::Value(Slot::from(&field)),
        });
    Ok(assign(field, Source::Template(parts.collect())))
}

fn on_document(effect: Effect) -> Step {
    Step {
        per_line: false,
        effect,
    }
}

fn compile_table(field: &Field, rule: &Rule) -> Result<Step, Wrong> {
    let condition = compared_by_table(&rule.when)?;
    let mut rows = HashMap::with_capacity(rule.table.len());
    for (left, right) in table_rows(&rule.table, condition.field.field_type(), condition) {
        rows.insert(left, to_constant(field, &right)?);
    }
    let from = Slot::from(&condition.field);
    Ok(assign(
        field,
        Source::Table {
            from,
            exact: condition.exact,
            rows,
        },
    ))
}

fn compile_affix(affix: &Affix, field: &Field, when: &When) -> Box<[StripEnd]> {
    let end = |prefix, text: &String| StripEnd {
        prefix,
        text: fold(text).into(),
        exact: false,
    };
    match affix {
        Affix::Matched => affixes(when, field).into_iter().map(strip_end).collect(),
        Affix::Prefix(text) => Box::new([end(true, text)]),
        Affix::Suffix(text) => Box::new([end(false, text)]),
    }
}

fn assign(field: &Field, source: Source) -> Step {
    let effect = Effect::Assign {
        field: field.clone(),
        to: Slot::from(field),
        source,
    };
    Step {
        per_line: field.level() == Level::Line,
        effect,
    }
}

fn strip_end(condition: &Condition) -> StripEnd {
    let text = condition.values.first().map(String::as_str).unwrap_or_default();
    let text = if condition.exact {
        text.into()
    } else {
        fold(text).into()
    };
    StripEnd {
        prefix: condition.operator == Operator::StartsWith,
        text,
        exact: condition.exact,
    }
}
