//! Which hosts a secret may be sent to (linnworks.md 1.2, reliability.md 4.1).
//!
//! In: a URL text, from the configuration or from the authorization's answer. Out: the checked base URL, or why it is refused.
//! Does not resolve names.

use url::{Host, Url};

/// Checks a base URL: https on a host below linnworks.net, without user, port, path, query or fragment. With
/// `allow_loopback`, also `http://127.0.0.1:PORT` and `http://[::1]:PORT`.
///
/// # Errors
/// What is wrong with it, in words; the URL itself is not repeated.
pub fn check_base_url(text: &str, allow_loopback: bool) -> Result<Url, &'static str> {
    // The URL parser quietly drops tabs and line ends and takes a backslash for a slash.
    if !text.is_ascii()
        || text.contains(|c: char| c.is_ascii_control() || matches!(c, ' ' | '\\' | '@' | '%'))
    {
        return Err("it has characters that a host of Linnworks never has");
    }
    let url = Url::parse(text).map_err(|_| "it is no complete URL")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it has a user name or password");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("it has a path, query or fragment");
    }
    if is_loopback(&url) {
        return if allow_loopback && url.scheme() == "http" {
            Ok(url)
        } else {
            Err("loopback addresses are not allowed while network.allow_loopback is false")
        };
    }
    if url.scheme() != "https" {
        return Err("it is not https");
    }
    if url.port().is_some() {
        return Err("it names a port");
    }
    let Some(Host::Domain(domain)) = url.host() else {
        return Err("its host is an address instead of a name");
    };
    let labels: Vec<&str> = domain
        .strip_suffix(".linnworks.net")
        .ok_or("its host is not below linnworks.net")?
        .split('.')
        .collect();
    let is_plain = |label: &&str| !label.is_empty() && !label.starts_with("xn--");
    if labels.iter().all(is_plain) {
        Ok(url)
    } else {
        Err("its host name is malformed")
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_of_linnworks_are_taken() {
        for text in [
            "https://api.linnworks.net",
            "https://eu-ext.linnworks.net/",
            "https://US-EXT.Linnworks.NET",
            "https://as-ext.linnworks.net:443",
        ] {
            assert!(check_base_url(text, false).is_ok(), "{text}");
        }
    }

    #[test]
    fn loopback_is_taken_only_when_allowed() {
        for text in [
            "http://127.0.0.1:8080",
            "http://127.0.0.1:8080/",
            "http://[::1]:8080",
        ] {
            assert!(check_base_url(text, true).is_ok(), "{text}");
            assert!(check_base_url(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn hostile_servers_are_refused_even_beside_loopback() {
        let hostile = [
            "",
            " ",
            "eu-ext.linnworks.net",
            "//eu-ext.linnworks.net",
            "http://eu-ext.linnworks.net",
            "ftp://eu-ext.linnworks.net",
            "file:///etc/passwd",
            "data:text/plain,x",
            "javascript:alert(1)",
            "https://linnworks.net",
            "https://.linnworks.net",
            "https://a..linnworks.net",
            "https://evil.com",
            "https://evillinnworks.net",
            "https://eu-ext.linnworks.net.evil.com",
            "https://eu-ext.linnworks.net.",
            "https://eu-ext.linnworks.com",
            "https://eu-ext.linnworks.network",
            "https://linnworks.net.evil.com",
            "https://evil.com/eu-ext.linnworks.net",
            "https://evil.com?.linnworks.net",
            "https://evil.com#.linnworks.net",
            "https://evil.com\\.linnworks.net",
            "https://evil.com%2f.linnworks.net",
            "https://evil.com%00.linnworks.net",
            "https://evil.com:443@eu-ext.linnworks.net",
            "https://user@eu-ext.linnworks.net",
            "https://user:pass@eu-ext.linnworks.net",
            "https://eu-ext.linnworks.net@evil.com",
            "https://eu-ext.linnworks.net:8443",
            "https://eu-ext.linnworks.net:80",
            "https://eu-ext.linnworks.net:0",
            "https://eu-ext.linnworks.net/api",
            "https://eu-ext.linnworks.net/../x",
            "https://eu-ext.linnworks.net?x=1",
            "https://eu-ext.linnworks.net#x",
            "https://10.0.0.1",
            "https://169.254.169.254",
            "http://169.254.169.254",
            "https://127.0.0.1",
            "http://127.1.2.3.linnworks.net",
            "https://0.0.0.0",
            "http://0.0.0.0",
            "https://2130706433",
            "https://0x7f000001",
            "https://017700000001",
            "https://[::1]",
            "https://[::ffff:127.0.0.1]",
            "http://[::ffff:7f00:1]",
            "http://[fd00::1]",
            "https://localhost",
            "http://localhost",
            "http://localhost.linnworks.net",
            "https://eu-ext.linnworks.net\t.evil.com",
            "https://evil.com\n.linnworks.net",
            " https://eu-ext.linnworks.net",
            "https://eu-ext.linnworks.net ",
            "https://еu-ext.linnworks.net",
            "https://xn--u-ext-8lf.linnworks.net",
            "https://eu-ext。linnworks。net",
            "https:\\\\eu-ext.linnworks.net",
            "http://127.0.0.1@evil.com",
            "http://evil.com@127.0.0.1:80",
            "http://127.0.0.1:80/api",
        ];
        assert!(hostile.len() >= 60);
        for text in hostile {
            assert!(check_base_url(text, true).is_err(), "{text:?} was taken");
        }
    }
}
