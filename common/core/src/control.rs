//! The declaration of a control. Rules, permissions, templates and documentation are derived from
//! it.

use std::fmt;
use std::sync::Arc;

use crate::assess::{AccountControl, Answers, Assess, OverAccount, OverResources, ResourceControl};
use crate::benchmark::{Assessment, ControlId, Scope, Severity};
use crate::evaluation::NotAssessed;
use crate::example::Example;
use crate::fact::Key;
use crate::facts::{Fact, FactKind};
use crate::fix::{Failure, Fix};
use crate::item::ConfigurationItem;
use crate::operation::Operation;
use crate::parameters::{Common, NotAssessedAs, Parameter, ParameterError, ParameterSet, Values};
use crate::resources::Resource;
use crate::view::View;

/// What the type of a control adds to its declaration.
#[derive(Clone, Copy)]
pub struct Run {
    /// The type of resource that it evaluates.
    pub resource_type: &'static str,
    /// The control's own parameters.
    pub parameters: &'static [Parameter],
    /// Its examples.
    pub examples: fn() -> Vec<Example>,
    /// The facts in a configuration item, in addition to the resource itself.
    pub facts_from_item: fn(&ConfigurationItem) -> Vec<(Key, Fact)>,
    parse: fn(&Values) -> Result<Arc<dyn Assess>, ParameterError>,
}

impl Run {
    /// Creates the entry for a control over each resource.
    pub const fn each<C: ResourceControl + 'static>() -> Self {
        Self {
            resource_type: C::Resource::TYPE,
            parameters: C::Parameters::PARAMETERS,
            examples: C::examples,
            facts_from_item: C::Resource::facts_from_item,
            parse: |values| Ok(Arc::new(OverResources::<C>(C::Parameters::parse(values)?))),
        }
    }

    /// Creates the entry for a control over the account.
    pub const fn account<C: AccountControl + 'static>() -> Self {
        Self {
            resource_type: crate::evaluation::ACCOUNT,
            parameters: C::Parameters::PARAMETERS,
            examples: C::examples,
            facts_from_item: |_| Vec::new(),
            parse: |values| Ok(Arc::new(OverAccount::<C>(C::Parameters::parse(values)?))),
        }
    }
}

/// The declaration of a control.
pub struct Control {
    /// The recommendation's number.
    pub id: ControlId,
    /// The short name for rules and handlers.
    pub slug: &'static str,
    /// The required state, in one sentence in Plumbline's own words.
    pub title: &'static str,
    /// Returns the documentation below the title: see [`Control::doc`].
    pub doc: fn() -> String,
    /// The benchmark's level, 1 or 2. Level 2 contains level 1.
    pub level: u8,
    /// Whether the benchmark declares it as automated or manual.
    pub assessment: Assessment,
    /// The severity of a failure.
    pub severity: Severity,
    /// Where it runs.
    pub scope: Scope,
    /// Whether changes of its resource type trigger it, besides the daily run.
    pub change_triggered: bool,
    /// Whether an attestation in the register counts where a program cannot decide.
    pub attestable: bool,
    /// The CIS Safeguards of version 8 that it supports.
    pub safeguards_v8: &'static [&'static str],
    /// The CIS Sub-Controls of version 7 that it supports.
    pub safeguards_v7: &'static [&'static str],
    /// The first version of Plumbline with this control.
    pub since: &'static str,
    /// The facts that it reads.
    pub facts: &'static [FactKind],
    /// Returns the fix of a failure, from the data in the report.
    pub fix: fn(&Failure<'_>) -> Fix,
    /// What its type adds: resource type, parameters, examples.
    pub run: Run,
}

impl Control {
    /// The headings of a control's documentation, in order.
    pub const HEADINGS: [&'static str; 3] = ["Why", "Decision", "Remediation"];

    /// The name of its Config rule, `cis-2-1-3-bucket-mfa-delete`.
    pub fn rule_name(&self) -> String {
        format!("cis-{}-{}", self.id.dashed(), self.slug)
    }

    /// The name of its function, `plumbline-2-1-3`.
    pub fn function_name(&self) -> String {
        format!("plumbline-{}", self.id.dashed())
    }

    /// The generator id of its findings.
    pub fn generator_id(&self) -> String {
        format!("plumbline/cis-aws-foundations/1.5.0/{}", self.id)
    }

    /// The type of resource whose changes trigger it.
    pub fn change_type(&self) -> Option<&'static str> {
        self.change_triggered.then_some(self.run.resource_type)
    }

    /// Its own parameters and those of every control.
    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> + use<> {
        self.run.parameters.iter().chain(Common::PARAMETERS)
    }

    /// Sets its parameters. Only this function rejects names and values.
    pub fn configure(&'static self, values: Values) -> Result<ConfiguredControl, ParameterError> {
        if let Some(name) =
            values.keys().find(|name| self.parameters().all(|parameter| parameter.name != **name))
        {
            let known: Vec<&str> = self.parameters().map(|parameter| parameter.name).collect();
            return Err(ParameterError::Unknown {
                name: name.clone(),
                control: format!("control {} has the parameters {}", self.id, known.join(", ")),
            });
        }
        let assess = (self.run.parse)(&values)?;
        let Common { not_assessed_as } = Common::parse(&values)?;
        Ok(ConfiguredControl { control: self, values, not_assessed_as, assess, page_url: None })
    }

    /// What a register needs from the control: its number, and whether it can be attested.
    pub fn registered(&self) -> (ControlId, bool) {
        (self.id, self.attestable)
    }

    /// The operations that it can call, each once, in the order of its facts.
    pub fn reads(&self) -> Vec<Operation> {
        let mut reads: Vec<Operation> = Vec::new();
        for read in self.facts.iter().flat_map(|kind| kind.reads()) {
            if !reads.contains(read) {
                reads.push(*read);
            }
        }
        reads
    }

    /// The documentation below the title, in Markdown with the headings of [`Control::HEADINGS`].
    pub fn doc(&self) -> String {
        (self.doc)()
    }

    /// The text of a section of its documentation. Empty when the section does not exist.
    pub fn section(&self, heading: &str) -> String {
        let doc = self.doc();
        let text =
            doc.split("## ").find_map(|section| section.strip_prefix(heading)?.strip_prefix('\n'));
        text.unwrap_or_default().trim().to_owned()
    }

    /// Whether a text is one of its names: id, slug or rule name.
    pub fn is_called(&self, name: &str) -> bool {
        name == self.id.as_str() || name == self.slug || name == self.rule_name()
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Control({} {})", self.id, self.slug)
    }
}

/// A control whose parameters are set. [`Control::configure`] creates it.
#[derive(Clone)]
pub struct ConfiguredControl {
    control: &'static Control,
    values: Values,
    not_assessed_as: NotAssessedAs,
    assess: Arc<dyn Assess>,
    page_url: Option<String>,
}

impl ConfiguredControl {
    /// Sets the address of its page.
    #[must_use]
    pub fn with_page(mut self, url: Option<String>) -> Self {
        self.page_url = url;
        self
    }

    /// The address of its page, if it is known.
    pub fn page_url(&self) -> Option<String> {
        self.page_url.clone()
    }

    /// The control.
    pub fn control(&self) -> &'static Control {
        self.control
    }

    /// The parameters that were given. Absent parameters have their defaults.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Every parameter with its value, given or by default.
    pub fn effective(&self) -> Values {
        let value = |parameter: &Parameter| {
            let given = self.values.get(parameter.name).map(|value| value.trim());
            given.filter(|value| !value.is_empty()).unwrap_or(parameter.default).to_owned()
        };
        self.control.parameters().map(|one| (one.name.to_owned(), value(one))).collect()
    }

    /// The result in AWS Config for "not assessed".
    pub fn not_assessed_as(&self) -> NotAssessedAs {
        self.not_assessed_as
    }

    /// Decides, as [`Assess::assess`] does.
    pub(crate) fn assess(
        &self,
        view: &View<'_>,
        item: Option<&ConfigurationItem>,
    ) -> Result<Answers, NotAssessed> {
        self.assess.assess(view, item)
    }
}

impl fmt::Debug for ConfiguredControl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?} with {:?}", self.control, self.values)
    }
}

/// The text of a doc comment. The compiler passes each line with a leading space.
pub fn from_doc_comment(comment: &str) -> String {
    let lines = comment.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// Declares a control: its type with its documentation, and `CONTROL` with the same documentation
/// as data. After the type comes the trait that it implements, `ResourceControl` or
/// `AccountControl`. Without a trait, `run` is a field like the others.
#[macro_export]
macro_rules! control {
    (
        #[doc = $title:literal]
        $(#[doc = $doc:literal])*
        $visibility:vis struct $name:ident $(: $trait:ident)?;
        $($field:ident: $value:expr,)*
    ) => {
        #[doc = $title]
        $(#[doc = $doc])*
        $visibility struct $name;

        /// The declaration.
        $visibility static CONTROL: $crate::control::Control = $crate::control::Control {
            title: $title.trim_ascii(),
            doc: || $crate::control::from_doc_comment(concat!($($doc, "\n"),*)),
            $(run: $crate::control!(@run $trait $name),)?
            $($field: $value,)*
        };
    };
    (@run ResourceControl $name:ident) => { $crate::control::Run::each::<$name>() };
    (@run AccountControl $name:ident) => { $crate::control::Run::account::<$name>() };
}
