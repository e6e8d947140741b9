//! The environment variables of connections: proxy and certificates.

use aws_smithy_http_client::proxy::ProxyConfig;

/// A variable of the environment that connections cannot use.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the environment variable {variable} is invalid: {what}")]
pub struct EnvironmentError {
    /// The name of the variable.
    pub variable: &'static str,
    /// What it must be. The value is not stated, because that of a proxy can have a password.
    pub what: &'static str,
}

/// Checks the environment variables for proxy and certificates before any request.
///
/// # Errors
/// `HTTPS_PROXY` or `ALL_PROXY` is not the URL of an HTTP proxy, or `SSL_CERT_FILE` is not the path
/// of a file.
pub fn check_environment() -> Result<(), EnvironmentError> {
    proxy(|name| std::env::var(name).ok())?;
    let certificates = std::env::var_os("SSL_CERT_FILE");
    match certificates.is_none_or(|file| std::path::Path::new(&file).is_file()) {
        true => Ok(()),
        false => Err(EnvironmentError {
            variable: "SSL_CERT_FILE",
            what: "it is not the path of a file with certificates",
        }),
    }
}

/// Returns the variable with the proxy for HTTPS requests and its value: the first that has one.
fn named_proxy(variable: impl Fn(&str) -> Option<String>) -> Option<(&'static str, String)> {
    let value = |name| Some((name, variable(name).filter(|value| !value.is_empty())?));
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().find_map(value)
}

/// Returns the name of the variable with the proxy of HTTPS requests, if they use one.
pub(crate) fn proxy_variable() -> Option<&'static str> {
    named_proxy(|name| std::env::var(name).ok()).map(|(name, _)| name)
}

/// Returns the proxy for HTTPS requests. HTTP requests use no proxy: they are requests for the
/// credentials of the machine, which no proxy may read, and requests to test endpoints.
pub(crate) fn proxy(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<ProxyConfig, EnvironmentError> {
    let Some((name, url)) = named_proxy(&variable) else { return Ok(ProxyConfig::disabled()) };
    let url = if url.contains("://") { url } else { format!("http://{url}") };
    let proxy = ProxyConfig::https(url).map_err(|_| EnvironmentError {
        variable: name,
        what: "it must be the URL of an HTTP proxy, such as http://proxy.example.com:3128",
    })?;
    let without = ["NO_PROXY", "no_proxy"].into_iter().filter_map(variable);
    let without = without.into_iter().find(|value| !value.is_empty());
    Ok(proxy.no_proxy(without.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_has_a_url_of_http() {
        let given = |name: &'static str, value: &'static str| {
            proxy(move |variable| (variable == name).then(|| value.to_owned()))
        };
        for value in ["http://proxy.example.com:3128", "proxy.example.com:3128", ""] {
            assert!(given("HTTPS_PROXY", value).is_ok(), "{value}");
        }
        for value in ["socks5://127.0.0.1:9", "notaurl:::"] {
            let error = given("all_proxy", value).expect_err(value);
            assert_eq!(error.variable, "all_proxy");
        }
    }
}
