//! Running a parsed template.

use super::functions;
use super::syntax::{Branch, Operand, Piece, Pipeline};
use super::{MissingKey, TemplateError, Value};

/// Pieces and calls that one template may take.
const MOST_STEPS: usize = 100_000;
/// Bytes that one template may print.
const MOST_BYTES: usize = 1 << 20;
/// Values that all results together may hold.
const MOST_VALUES: usize = 2_000_000;

/// Runs a template on `data`, which is `.` and `$`.
pub(super) fn run(
    body: &[Piece],
    data: &Value,
    missing: MissingKey,
) -> Result<String, TemplateError> {
    let mut run = Run {
        variables: vec![(String::new(), data.clone())],
        missing,
        output: String::new(),
        steps: 0,
        values: data.weight(),
    };
    run.pieces(body, data)?;
    Ok(run.output)
}

/// How a list of pieces was left.
enum Flow {
    Through,
    Break,
    Continue,
}

struct Run {
    /// Innermost last; the data has the empty name.
    variables: Vec<(String, Value)>,
    missing: MissingKey,
    output: String,
    steps: usize,
    values: usize,
}

fn failed<T>(message: impl Into<String>) -> Result<T, TemplateError> {
    Err(TemplateError::Failed(message.into()))
}

impl Run {
    fn step(&mut self) -> Result<(), TemplateError> {
        self.steps += 1;
        let fits = self.steps <= MOST_STEPS
            && self.output.len() <= MOST_BYTES
            && self.values <= MOST_VALUES;
        if fits {
            Ok(())
        } else {
            Err(TemplateError::TooMuch)
        }
    }

    /// Counts what a value costs to keep or copy.
    fn count(&mut self, value: Value) -> Result<Value, TemplateError> {
        self.values += value.weight();
        self.step()?;
        Ok(value)
    }

    fn pieces(&mut self, pieces: &[Piece], dot: &Value) -> Result<Flow, TemplateError> {
        for piece in pieces {
            self.step()?;
            match piece {
                Piece::Text(text) => self.output.push_str(text),
                Piece::Action(pipeline) => {
                    let value = self.pipeline(pipeline, dot)?;
                    if pipeline.variables.is_empty() {
                        match value {
                            Value::Missing | Value::Null => self.output.push_str("<no value>"),
                            value => self.output.push_str(&value.printed()),
                        }
                    }
                }
                Piece::If(branch) => {
                    let flow = self.branch(branch, dot, false)?;
                    if !matches!(flow, Flow::Through) {
                        return Ok(flow);
                    }
                }
                Piece::With(branch) => {
                    let flow = self.branch(branch, dot, true)?;
                    if !matches!(flow, Flow::Through) {
                        return Ok(flow);
                    }
                }
                Piece::Range(branch) => self.range(branch, dot)?,
                Piece::Break => return Ok(Flow::Break),
                Piece::Continue => return Ok(Flow::Continue),
            }
        }
        Ok(Flow::Through)
    }

    fn branch(
        &mut self,
        branch: &Branch,
        dot: &Value,
        rebinds: bool,
    ) -> Result<Flow, TemplateError> {
        let mark = self.variables.len();
        let value = self.pipeline(&branch.pipeline, dot)?;
        let flow = if value.is_true() {
            self.pieces(&branch.body, if rebinds { &value } else { dot })
        } else {
            self.pieces(&branch.otherwise, dot)
        };
        self.variables.truncate(mark);
        flow
    }

    fn range(&mut self, branch: &Branch, dot: &Value) -> Result<(), TemplateError> {
        let mark = self.variables.len();
        let value = self.pipeline(&branch.pipeline, dot)?;
        let entries: Vec<(Value, Value)> = match value {
            Value::Missing | Value::Null => Vec::new(),
            Value::List(items) => items
                .into_iter()
                .enumerate()
                .map(|(at, item)| (Value::Integer(i64::try_from(at).unwrap_or(i64::MAX)), item))
                .collect(),
            Value::Map(entries) => entries
                .into_iter()
                .map(|(key, value)| (Value::Text(key), value))
                .collect(),
            Value::Integer(count) => {
                let most = i64::try_from(MOST_STEPS).unwrap_or(i64::MAX);
                if count > most {
                    return Err(TemplateError::TooMuch);
                }
                (0..count)
                    .map(|at| (Value::Integer(at), Value::Integer(at)))
                    .collect()
            }
            other => return failed(format!("range can't iterate over {}", other.printed())),
        };
        if entries.is_empty() {
            self.pieces(&branch.otherwise, dot)?;
        }
        let names = &branch.pipeline.variables;
        for (key, value) in entries {
            match names.as_slice() {
                [] => {}
                [one] => self.set(one, value.clone(), branch.pipeline.declares)?,
                [first, second, ..] => {
                    self.set(first, key, branch.pipeline.declares)?;
                    self.set(second, value.clone(), branch.pipeline.declares)?;
                }
            }
            let value = self.count(value)?;
            let inner = self.variables.len();
            let flow = self.pieces(&branch.body, &value)?;
            self.variables.truncate(inner);
            if matches!(flow, Flow::Break) {
                break;
            }
        }
        self.variables.truncate(mark);
        Ok(())
    }

    /// Sets a variable: a new one where it is declared, else the innermost of that name.
    fn set(&mut self, name: &str, value: Value, declares: bool) -> Result<(), TemplateError> {
        let value = self.count(value)?;
        let known = self.variables.iter_mut().rev().find(|(own, _)| own == name);
        match known {
            _ if declares => self.variables.push((name.to_owned(), value)),
            Some((_, own)) => *own = value,
            None => {
                return Err(TemplateError::Malformed(format!(
                    "undefined variable `${name}`"
                )));
            }
        }
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<Value, TemplateError> {
        let mut value = None;
        for command in &pipeline.commands {
            value = Some(self.command(command, dot, value)?);
        }
        let value = value.unwrap_or(Value::Missing);
        // The variables of a range are set for each of its items.
        if let [name] = pipeline.variables.as_slice() {
            self.set(name, value.clone(), pipeline.declares)?;
        }
        Ok(value)
    }

    fn command(
        &mut self,
        command: &[Operand],
        dot: &Value,
        last: Option<Value>,
    ) -> Result<Value, TemplateError> {
        let (first, rest) = match command.split_first() {
            Some(parts) => parts,
            None => return failed("an empty command"),
        };
        if *first == Operand::Nil {
            return failed("nil is not a command");
        }
        let Operand::Function(name) = first else {
            if !rest.is_empty() || last.is_some() {
                return failed("can't give argument to non-function");
            }
            return self.operand(first, dot);
        };
        match name.as_str() {
            "and" | "or" => self.lazily(name == "or", rest, dot, last),
            name => {
                let mut arguments = Vec::with_capacity(rest.len() + 1);
                for operand in rest {
                    arguments.push(self.operand(operand, dot)?);
                }
                arguments.extend(last);
                let value = functions::call(name, arguments)?;
                self.count(value)
            }
        }
    }

    /// `and` and `or` stop at the argument that decides.
    fn lazily(
        &mut self,
        wanted: bool,
        rest: &[Operand],
        dot: &Value,
        last: Option<Value>,
    ) -> Result<Value, TemplateError> {
        let mut value = None;
        for operand in rest {
            let own = self.operand(operand, dot)?;
            if own.is_true() == wanted {
                return Ok(own);
            }
            value = Some(own);
        }
        match last.or(value) {
            Some(value) => Ok(value),
            None => failed("wrong number of args for and, or: want at least 1"),
        }
    }

    fn operand(&mut self, operand: &Operand, dot: &Value) -> Result<Value, TemplateError> {
        let value = match operand {
            Operand::Dot => dot.clone(),
            Operand::Nil => Value::Null,
            Operand::Constant(value) => value.clone(),
            Operand::Field(names) => self.fields(dot, names)?,
            Operand::Variable(name, names) => {
                let own = self.variables.iter().rev().find(|(own, _)| own == name);
                let Some((_, own)) = own else {
                    let message = format!("undefined variable `${name}`");
                    return Err(TemplateError::Malformed(message));
                };
                self.fields(own, names)?
            }
            Operand::Function(name) => functions::call(name, Vec::new())?,
            Operand::Group(pipeline, names) => {
                let mark = self.variables.len();
                let value = self.pipeline(pipeline, dot)?;
                self.variables.truncate(mark);
                self.fields(&value, names)?
            }
        };
        self.count(value)
    }

    fn fields(&self, value: &Value, names: &[String]) -> Result<Value, TemplateError> {
        let mut value = value;
        for name in names {
            let missing = || match self.missing {
                MissingKey::Nothing => Ok(Value::Missing),
                MissingKey::Error => failed(format!("map has no entry for key {name:?}")),
                MissingKey::Open => Err(TemplateError::Unresolved(names.join("."))),
            };
            match value {
                Value::Map(entries) => match entries.get(name) {
                    Some(inner) => value = inner,
                    None => return missing(),
                },
                Value::Missing => return missing(),
                Value::Null => {
                    return failed(format!("nil pointer evaluating interface {{}}.{name}"));
                }
                other => {
                    return failed(format!(
                        "can't evaluate field {name} in type {}",
                        other.type_name()
                    ));
                }
            }
        }
        Ok(value.clone())
    }
}
