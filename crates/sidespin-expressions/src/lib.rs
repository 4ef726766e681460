//! Templates such as `{{ name }}` and the variables that fill them.
//!
//! The crate is pure: it reads neither the environment nor files, but is given a function or a text. The steps are
//! 1. a [`Resolver`] is made from the declared variables and asks its [`Provider`]s in order;
//! 2. [`Resolver::resolve`] finds every value once, or names every required variable that has none;
//! 3. the resulting [`Variables`] render templates and the components' own variables, without further lookups.
//!
//! Values of variables that are declared secret, and whatever is rendered from them, are not shown by `Debug`.

mod dotenv;
mod provider;
mod resolver;
mod template;
mod value;

pub use dotenv::{DotenvError, parse_dotenv};
pub use provider::{EnvProvider, Provider, StaticProvider, VARIABLE_PREFIX, environment_name};
pub use resolver::{Declaration, ResolveError, Resolver, Variables};
pub use template::{NameError, Template, TemplateError, validate_name};
pub use value::Value;
