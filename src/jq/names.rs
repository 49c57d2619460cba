//! Which names an expression may use. gojq refuses an unknown one before it runs anything.

use std::sync::LazyLock;

use super::Refusal;
use super::native;
use super::parse::definitions;
use super::syntax::{Expr, Function, Pattern, TextPart};

/// The functions of gojq 0.12.19 that walbound does not run: as its own `builtins` lists them, without those of
/// [`native::NAMES`] and of the prelude.
const NOT_RUN: &[&str] = &[
    "INDEX/1",
    "INDEX/2",
    "JOIN/2",
    "JOIN/3",
    "JOIN/4",
    "acos/0",
    "acosh/0",
    "asin/0",
    "asinh/0",
    "atan/0",
    "atan2/2",
    "atanh/0",
    "bsearch/1",
    "builtins/0",
    "capture/1",
    "capture/2",
    "cbrt/0",
    "combinations/0",
    "combinations/1",
    "copysign/2",
    "cos/0",
    "cosh/0",
    "drem/2",
    "erf/0",
    "erfc/0",
    "exp/0",
    "exp10/0",
    "exp2/0",
    "expm1/0",
    "fdim/2",
    "finites/0",
    "fma/3",
    "fmax/2",
    "fmin/2",
    "fmod/2",
    "format/1",
    "frexp/0",
    "fromdate/0",
    "fromdateiso8601/0",
    "fromstream/1",
    "gamma/0",
    "gmtime/0",
    "group_by/1",
    "gsub/2",
    "gsub/3",
    "halt/0",
    "halt_error/0",
    "halt_error/1",
    "hypot/2",
    "infinite/0",
    "isfinite/0",
    "isinfinite/0",
    "isnan/0",
    "isnormal/0",
    "j0/0",
    "j1/0",
    "jn/2",
    "ldexp/2",
    "lgamma/0",
    "localtime/0",
    "log/0",
    "log10/0",
    "log1p/0",
    "log2/0",
    "logb/0",
    "match/1",
    "match/2",
    "max_by/1",
    "min_by/1",
    "mktime/0",
    "modf/0",
    "modulemeta/0",
    "nan/0",
    "nearbyint/0",
    "nextafter/2",
    "nexttoward/2",
    "normals/0",
    "now/0",
    "pow/2",
    "remainder/2",
    "rint/0",
    "scalb/2",
    "scalbln/2",
    "scan/1",
    "scan/2",
    "significand/0",
    "sin/0",
    "sinh/0",
    "split/2",
    "splits/1",
    "splits/2",
    "sqrt/0",
    "strflocaltime/1",
    "strftime/1",
    "strptime/1",
    "sub/2",
    "sub/3",
    "tan/0",
    "tanh/0",
    "tgamma/0",
    "todate/0",
    "todateiso8601/0",
    "tostream/0",
    "transpose/0",
    "truncate_stream/1",
    "trunc/0",
    "unique_by/1",
    "y0/0",
    "y1/0",
    "yn/2",
];

static PRELUDE: LazyLock<Vec<Function>> =
    LazyLock::new(|| definitions(include_str!("prelude.jq")).unwrap_or_default());

/// A function of the prelude.
pub(super) fn prelude(name: &str, arity: usize) -> Option<&'static Function> {
    PRELUDE
        .iter()
        .find(|function| function.name == name && function.params.len() == arity)
}

/// What names mean at some point of an expression.
#[derive(Default)]
struct Scope {
    functions: Vec<(String, usize)>,
    variables: Vec<String>,
    labels: Vec<String>,
}

/// Looks every name up.
///
/// # Errors
/// [`Refusal::Broken`] for a name that gojq does not know, [`Refusal::Undecided`] for one that is not run here.
pub(super) fn check(expr: &Expr) -> Result<(), Refusal> {
    // An unknown name breaks the expression, whatever else stands in it.
    let mut not_run = None;
    Scope::default().expr(expr, &mut not_run)?;
    not_run.map_or(Ok(()), |name| {
        Err(Refusal::Undecided(format!("it uses `{name}`")))
    })
}

fn is_known(list: &[&str], name: &str, arity: usize) -> bool {
    list.iter().any(|entry| {
        let (own, args) = entry.split_once('/').unwrap_or((entry, ""));
        own == name && args.parse() == Ok(arity)
    })
}

type NotRun = Option<String>;

impl Scope {
    fn expr(&mut self, expr: &Expr, not_run: &mut NotRun) -> Result<(), Refusal> {
        match expr {
            Expr::Identity | Expr::Const(_) | Expr::Array(None) => Ok(()),
            Expr::Iterate(inner)
            | Expr::Negate(inner)
            | Expr::Plus(inner)
            | Expr::Array(Some(inner)) => self.expr(inner, not_run),
            Expr::Index(left, right)
            | Expr::Pipe(left, right)
            | Expr::Comma(left, right)
            | Expr::Alternative(left, right)
            | Expr::Or(left, right)
            | Expr::And(left, right)
            | Expr::Binary(_, left, right)
            | Expr::Assign(left, right)
            | Expr::Update(_, left, right) => self.all([left.as_ref(), right.as_ref()], not_run),
            Expr::Slice(term, from, to) => self.all(
                [Some(term), from.as_ref(), to.as_ref()]
                    .into_iter()
                    .flatten()
                    .map(Box::as_ref),
                not_run,
            ),
            Expr::Try(body, handler) => self.all(
                [Some(body), handler.as_ref()]
                    .into_iter()
                    .flatten()
                    .map(Box::as_ref),
                not_run,
            ),
            Expr::Object(entries) => self.all(
                entries
                    .iter()
                    .flat_map(|(key, value)| [Some(key), value.as_ref()])
                    .flatten(),
                not_run,
            ),
            Expr::Text(_, parts) => self.all(
                parts.iter().filter_map(|part| match part {
                    TextPart::Query(query) => Some(query),
                    TextPart::Plain(_) => None,
                }),
                not_run,
            ),
            Expr::If(cases, otherwise) => {
                self.all(
                    cases.iter().flat_map(|(condition, then)| [condition, then]),
                    not_run,
                )?;
                self.all(otherwise.iter().map(Box::as_ref), not_run)
            }
            Expr::Call(name, args) => {
                self.call(name, args.len(), not_run)?;
                self.all(args, not_run)
            }
            Expr::Variable(name) => self.variable(name),
            Expr::Break(name) if self.labels.contains(name) => Ok(()),
            Expr::Break(name) => Err(Refusal::Broken(format!("no label `{name}` to break"))),
            Expr::Label(name, body) => self.within(|scope| {
                scope.labels.push(name.clone());
                scope.expr(body, not_run)
            }),
            Expr::Fold(fold) => self.within(|scope| {
                scope.all([&fold.start, &fold.source], not_run)?;
                scope.pattern(&fold.pattern, not_run)?;
                scope.all(
                    [Some(&fold.update), fold.extract.as_ref()]
                        .into_iter()
                        .flatten(),
                    not_run,
                )
            }),
            Expr::Bind(source, patterns, body) => {
                self.expr(source, not_run)?;
                self.within(|scope| {
                    patterns
                        .iter()
                        .try_for_each(|pattern| scope.pattern(pattern, not_run))?;
                    scope.expr(body, not_run)
                })
            }
            Expr::Define(function, body) => self.within(|scope| {
                scope
                    .functions
                    .push((function.name.clone(), function.params.len()));
                scope.function(function, not_run)?;
                scope.expr(body, not_run)
            }),
        }
    }

    fn all<'e>(
        &mut self,
        parts: impl IntoIterator<Item = &'e Expr>,
        not_run: &mut NotRun,
    ) -> Result<(), Refusal> {
        parts
            .into_iter()
            .try_for_each(|part| self.expr(part, not_run))
    }

    fn within<T>(&mut self, look: impl FnOnce(&mut Self) -> T) -> T {
        let (functions, variables, labels) = (
            self.functions.len(),
            self.variables.len(),
            self.labels.len(),
        );
        let found = look(self);
        self.functions.truncate(functions);
        self.variables.truncate(variables);
        self.labels.truncate(labels);
        found
    }

    fn function(&mut self, function: &Function, not_run: &mut NotRun) -> Result<(), Refusal> {
        self.within(|scope| {
            for param in &function.params {
                let plain = param.trim_start_matches('$');
                scope.functions.push((plain.to_owned(), 0));
                if plain != param {
                    scope.variables.push(param.clone());
                }
            }
            scope.expr(&function.body, not_run)
        })
    }

    fn pattern(&mut self, pattern: &Pattern, not_run: &mut NotRun) -> Result<(), Refusal> {
        match pattern {
            Pattern::Variable(name) => self.variables.push(name.clone()),
            Pattern::Array(items) => items
                .iter()
                .try_for_each(|item| self.pattern(item, not_run))?,
            Pattern::Object(entries) => {
                for (key, name, inner) in entries {
                    self.expr(key, not_run)?;
                    self.variables.extend(name.clone());
                    inner
                        .iter()
                        .try_for_each(|inner| self.pattern(inner, not_run))?;
                }
            }
        }
        Ok(())
    }

    fn variable(&self, name: &String) -> Result<(), Refusal> {
        // gojq has `$ENV` without a way to the environment: it is empty.
        if self.variables.contains(name) || name == "$ENV" {
            return Ok(());
        }
        Err(Refusal::Broken(format!("`{name}` is not defined")))
    }

    fn call(&self, name: &str, arity: usize, not_run: &mut NotRun) -> Result<(), Refusal> {
        let own = self
            .functions
            .iter()
            .any(|(known, args)| known == name && *args == arity);
        if own {
            return Ok(());
        }
        if name.starts_with('_') || is_known(NOT_RUN, name, arity) {
            // Names with `_` are gojq's inner ones, some of which can be called.
            not_run.get_or_insert_with(|| name.to_owned());
            return Ok(());
        }
        if prelude(name, arity).is_some() || is_known(native::NAMES, name, arity) {
            return Ok(());
        }
        Err(Refusal::Broken(format!(
            "function `{name}/{arity}` is not defined"
        )))
    }
}
