//! A person at a browser without scripts: cookies, redirects, forms.

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_TYPE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method};
use url::Url;
use url::form_urlencoded::Serializer;

use super::Issuer;
use super::issuer::{NUMBER, STATION};

const USERNAME: &str = "takahashi.hanako";
const PASSWORD: &str = "kita no hama no toudai";
/// Longest way of redirects.
const WAY: usize = 20;

/// What a browser shows, or was about to ask for.
#[derive(Debug)]
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub body: String,
}

impl Page {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The form that takes these fields and buttons: where it leads, and what is filled in.
    fn form(&self, fields: &[(&str, &str)]) -> Option<(Url, Vec<(String, String)>)> {
        let forms =
            self.body.split("<form ").skip(1).filter_map(|rest| rest.split("</form>").next());
        let form = forms.into_iter().find(|form| fields.iter().all(|field| takes(form, *field)))?;
        let action = attribute(form, "action").unwrap_or_default();
        let inputs = form.split("<input ").skip(1).map(|rest| rest.split('>').next().unwrap());
        let hidden = inputs.filter(|input| input.contains("type=\"hidden\"")).filter_map(|input| {
            Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()))
        });
        Some((self.url.join(&action).unwrap(), hidden.collect()))
    }

    /// Whether something of this name is asked for.
    fn has(&self, name: &str) -> bool {
        self.body.contains(&format!("name=\"{name}\""))
    }
}

/// Whether a form has this field, or this button with this value.
fn takes(form: &str, (name, value): (&str, &str)) -> bool {
    let named = format!("name=\"{name}\"");
    let mut buttons = form.split("<button ").skip(1).filter_map(|rest| rest.split('>').next());
    let is_button = form.split("<button ").skip(1).any(|rest| rest.contains(&named));
    let pressed = buttons.any(|tag| tag.contains(&format!("{named} value=\"{value}\"")));
    pressed || !is_button && form.contains(&named)
}

/// An attribute of the tag a text begins with.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = tag.split('>').next()?;
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let value = rest.split('"').next()?;
    Some(value.replace("&quot;", "\"").replace("&#38;", "&").replace("&amp;", "&"))
}

/// A browser with cookies of its own.
pub struct Browser<'i> {
    issuer: &'i Issuer,
    client: Client,
    runtime: tokio::runtime::Runtime,
    /// Value by host and name: to cookies, a port is no border.
    cookies: BTreeMap<(String, String), String>,
}

impl<'i> Browser<'i> {
    #[expect(clippy::disallowed_methods, reason = "a browser goes to loopback and keeps redirects")]
    pub fn new(issuer: &'i Issuer) -> Self {
        let _chosen = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let authority = Certificate::from_pem(issuer.authority.as_bytes()).unwrap();
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(crate::operations::PATIENCE)
            .tls_certs_only([authority])
            .build()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { issuer, client, runtime, cookies: BTreeMap::new() }
    }

    fn send(&mut self, method: &Method, url: &Url, form: Option<String>) -> (Page, Option<Url>) {
        let host = url.host_str().unwrap().to_owned();
        let mine = self.cookies.iter().filter(|((at, _), _)| *at == host);
        let cookies: Vec<String> =
            mine.map(|((_, name), value)| format!("{name}={value}")).collect();
        let mut request = self.client.request(method.clone(), url.clone());
        request = request.header("accept", "text/html,*/*").header("cookie", cookies.join("; "));
        if let Some(form) = form {
            let origin = url.origin().ascii_serialization();
            let kind = "application/x-www-form-urlencoded";
            request = request.header(ORIGIN, origin).header(CONTENT_TYPE, kind).body(form);
        }
        let answer = self.runtime.block_on(async { request.send().await });
        let answer = answer.unwrap_or_else(|error| panic!("{url}: {error:?}"));
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap().to_owned();
            let key = (host.clone(), name.to_owned());
            match value.is_empty() {
                true => self.cookies.remove(&key),
                false => self.cookies.insert(key, value),
            };
        }
        let next = answer.headers().get(LOCATION);
        let next = next.map(|to| url.join(to.to_str().unwrap()).unwrap());
        let status = answer.status().as_u16();
        let body = self.runtime.block_on(answer.text()).unwrap();
        (Page { url: url.clone(), status, body }, next)
    }

    /// Asks, and goes where it is sent, up to an address that `stop` wants for itself.
    fn walk(
        &mut self,
        (method, url, form): (Method, Url, Option<String>),
        stop: &dyn Fn(&Url) -> bool,
    ) -> Page {
        let (mut page, mut next) = self.send(&method, &url, form);
        for _ in 0..WAY {
            match next {
                Some(url) if (300..400).contains(&page.status) => {
                    if stop(&url) {
                        return Page { url, status: 0, body: String::new() };
                    }
                    (page, next) = self.send(&Method::GET, &url, None);
                }
                _ => return page,
            }
        }
        panic!("sent in circles: {page:?}");
    }

    pub fn open(&mut self, url: &str) -> Page {
        self.open_up_to(url, &|_| false)
    }

    /// Opens an address and follows, but does not ask for what `stop` wants.
    pub fn open_up_to(&mut self, url: &str, stop: &dyn Fn(&Url) -> bool) -> Page {
        self.walk((Method::GET, Url::parse(url).unwrap(), None), stop)
    }

    /// Fills a form of a page and sends it.
    pub fn submit(
        &mut self,
        page: &Page,
        fields: &[(&str, &str)],
        stop: &dyn Fn(&Url) -> bool,
    ) -> Page {
        let (action, hidden) = page.form(fields).unwrap_or_else(|| panic!("{page:?}"));
        let mut form = Serializer::new(String::new());
        form.extend_pairs(hidden).extend_pairs(fields);
        self.walk((Method::POST, action, Some(form.finish())), stop)
    }

    /// Signs in for the page of a television's code, and allows or refuses it.
    pub fn decide(&mut self, url: &str, number: &str, decision: &str) -> Page {
        let asked = self.open(url);
        let page = self.sign_in(asked, &|_| false);
        let button = ("decision", decision);
        let fields = [button, ("number", number)];
        let fields = if decision == "allow" { &fields[..] } else { &fields[..1] };
        let decided = self.submit(&page, fields, &|_| false);
        assert_eq!(decided.status, 200, "{decided:?}");
        decided
    }

    /// Does what the pages of a sign-in ask for, until one is shown that is none of them.
    pub fn sign_in(&mut self, page: Page, stop: &dyn Fn(&Url) -> bool) -> Page {
        let mut page = page;
        for _ in 0..WAY {
            let here = page.url.as_str().starts_with(&self.issuer.base);
            assert!(!here || page.status == 200, "refused: {page:?}");
            page = match () {
                () if !here || page.status == 0 => return page,
                () if page.has("operator") => self.submit(&page, &[("operator", STATION)], stop),
                () if page.has("registration_code") => {
                    let letter = self.issuer.letter();
                    let fields = [("contract_number", NUMBER), ("registration_code", &letter)];
                    self.submit(&page, &fields, stop)
                }
                () if page.has("username") && self.must_register(&page) => {
                    self.submit(&page, &[("step", "letter")], stop)
                }
                () if page.has("username") => {
                    self.submit(&page, &[("username", USERNAME), ("password", PASSWORD)], stop)
                }
                () if page.has("decision") && !page.has("number") => {
                    self.submit(&page, &[("decision", "allow")], stop)
                }
                () => return page,
            };
        }
        panic!("never ends: {page:?}");
    }

    /// Whether nobody has chosen a password yet, and this page asks for one that is there already.
    fn must_register(&self, page: &Page) -> bool {
        page.has("step") && self.issuer.audited("person.registered") == 0
    }
}
