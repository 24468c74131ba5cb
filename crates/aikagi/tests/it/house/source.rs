//! Files of this repository, and Rust source taken apart into code, comments and string literals.

use std::path::{Path, PathBuf};

/// A string literal: where its opening quote stands in [`Source::code`], and what it says.
pub struct Literal {
    pub at: usize,
    pub text: String,
}

/// One Rust file. `code` has the length and the lines of `text`, but blanks in place of comments
/// and of the insides of strings, so that a search in it finds code only.
pub struct Source {
    pub path: String,
    pub text: String,
    pub code: String,
    pub literals: Vec<Literal>,
    tests: Vec<(usize, usize)>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let (code, literals) = Lexer::run(text);
        let product = path.starts_with("crates/") && path.contains("/src/");
        let whole = !product || path.contains("/tests/") || path.ends_with("/tests.rs");
        let tests = if whole { vec![(0, text.len())] } else { test_parts(&code) };
        Self { path: path.to_owned(), text: text.to_owned(), code, literals, tests }
    }

    /// `path:line` of a byte position, for messages.
    pub fn place(&self, at: usize) -> String {
        let line = self.text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("{}:{line}", self.path)
    }

    /// Whether this position lies in code that only tests see.
    pub fn is_test(&self, at: usize) -> bool {
        self.tests.iter().any(|(from, to)| (*from..*to).contains(&at))
    }

    /// The crate this file belongs to, e.g. `domain`.
    pub fn crate_name(&self) -> &str {
        self.path.split('/').nth(1).unwrap_or_default()
    }

    /// The module path inside the crate: `crates/domain/src/a/b.rs` is `["a", "b"]`.
    pub fn modules(&self) -> Vec<&str> {
        let inside = self.path.split_once("/src/").map_or("", |(_, inside)| inside);
        let mut parts: Vec<&str> = inside.trim_end_matches(".rs").split('/').collect();
        if matches!(parts.last(), Some(&("mod" | "lib" | "main" | ""))) {
            parts.pop();
        }
        parts
    }

    /// Every position at which `word` stands in the code.
    pub fn find<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.code.match_indices(word).map(|(at, _)| at)
    }
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

/// Reads a file of the repository; empty when there is none.
pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// Every file below `folder`, as paths from the root, in order; build output, data and `.git` left out.
pub fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_symlink() || ["target", ".git", "aikagi-data"].contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(root()).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

/// Every Rust file of the house, benches and fuzz targets too.
pub fn sources() -> Vec<Source> {
    let all = ["crates", "benches", "fuzz"].into_iter().flat_map(files);
    let rust = all.filter(|path| path.ends_with(".rs"));
    rust.map(|path| Source::new(&path, &read(&path))).collect()
}

/// The rooms of a crate: its folders and files below `src`, by name.
pub fn rooms(crate_name: &str) -> Vec<String> {
    let prefix = format!("crates/{crate_name}/src/");
    let mut names: Vec<String> = files(&prefix)
        .iter()
        .filter_map(|path| path.strip_prefix(&prefix)?.split('/').next().map(str::to_owned))
        .map(|name| name.trim_end_matches(".rs").to_owned())
        .filter(|name| !["lib", "main"].contains(&name.as_str()))
        .collect();
    names.dedup();
    names
}

/// The identifier that starts at `at`, or nothing.
pub fn word_at(code: &str, at: usize) -> &str {
    let rest = &code[at..];
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    &rest[..end]
}

/// The parts under `#[cfg(test)]`: to the end of the item that follows.
fn test_parts(code: &str) -> Vec<(usize, usize)> {
    code.match_indices("#[cfg(test)]").map(|(at, _)| (at, item_end(code, at))).collect()
}

fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0;
    for (offset, byte) in code.as_bytes()[from..].iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return from + offset,
            b'}' => depth -= 1,
            b';' if depth == 0 => return from + offset,
            _ => {}
        }
    }
    code.len()
}

struct Lexer<'a> {
    text: &'a str,
    code: Vec<u8>,
    literals: Vec<Literal>,
}

impl<'a> Lexer<'a> {
    fn run(text: &'a str) -> (String, Vec<Literal>) {
        let mut lexer = Self { text, code: text.as_bytes().to_vec(), literals: Vec::new() };
        let mut at = 0;
        while at < text.len() {
            at = lexer.step(at);
        }
        (String::from_utf8(lexer.code).unwrap(), lexer.literals)
    }

    /// Takes one comment, literal or byte of code, and says where the next one starts.
    fn step(&mut self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        match rest {
            [b'/', b'/', ..] => {
                let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                self.blank(at, at + end)
            }
            [b'/', b'*', ..] => self.blank(at, at + block_comment(rest)),
            [b'"', ..] => self.string(at),
            [b'r', b'"' | b'#', ..] if !self.inside_word(at) => self.raw_string(at),
            [b'\'', b'\\', ..] => {
                let end = rest[3..].iter().position(|byte| *byte == b'\'').unwrap() + 4;
                self.blank(at, at + end)
            }
            [b'\'', ..] => {
                let width = self.text[at + 1..].chars().next().map_or(1, char::len_utf8);
                if rest.get(1 + width) == Some(&b'\'') {
                    self.blank(at, at + width + 2)
                } else {
                    at + 1
                }
            }
            _ => at + 1,
        }
    }

    /// `r` is the end of a word such as `for`; `br` and `cr` do start a raw string.
    fn inside_word(&self, at: usize) -> bool {
        let before = self.text[..at].trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
        !["", "b", "c"].contains(&&self.text[before.len()..at])
    }

    fn string(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = at + 1;
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        let text = unescape(&self.text[at + 1..end]);
        self.literals.push(Literal { at, text });
        self.blank(at + 1, end) + 1
    }

    fn raw_string(&mut self, at: usize) -> usize {
        let rest = &self.text[at + 1..];
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        if !rest[hashes..].starts_with('"') {
            return at + 1 + hashes; // a raw identifier, r#type
        }
        let start = at + 2 + hashes;
        let close = format!("\"{}", "#".repeat(hashes));
        let end = start + self.text[start..].find(&close).expect("a raw string ends");
        self.literals.push(Literal { at: start - 1, text: self.text[start..end].to_owned() });
        self.blank(start, end) + close.len()
    }

    fn blank(&mut self, from: usize, to: usize) -> usize {
        for byte in &mut self.code[from..to] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        to
    }
}

/// The length of a block comment, comments inside it counted.
fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    loop {
        match rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            [] => return at,
            _ => at += 1,
        }
    }
}

/// What a literal says: a `\` at the end of a line joins, `\n` breaks, other escapes stay readable.
fn unescape(literal: &str) -> String {
    let mut said = String::new();
    let mut chars = literal.chars().peekable();
    while let Some(letter) = chars.next() {
        match (letter, chars.peek()) {
            ('\\', Some('\n')) => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            ('\\', Some('n')) => {
                chars.next();
                said.push('\n');
            }
            ('\\', Some(_)) => said.extend(chars.next()),
            _ => said.push(letter),
        }
    }
    said
}

#[test]
fn source_is_taken_apart_into_code_comments_and_strings() {
    let text = r##"
        fn a<'x>(b: &'x str) -> char { '"' } // crate::gone "gone"
        /* crate::gone /* nested */ crate::gone */
        const C: &str = "one \"two\" \
            three"; const D: &[u8] = br#"a "raw" one"#; const E: char = '\'';
        #[cfg(test)]
        mod tests { const F: &str = "合鍵"; }
        fn g() { for "after" in h {} }
    "##;
    let source = Source::new("crates/domain/src/a/b.rs", text);

    let said: Vec<&str> = source.literals.iter().map(|literal| literal.text.as_str()).collect();
    assert_eq!(said, ["one \"two\" three", "a \"raw\" one", "合鍵", "after"]);
    assert!(!source.code.contains("gone"), "{}", source.code);
    let in_tests: Vec<bool> =
        source.literals.iter().map(|literal| source.is_test(literal.at)).collect();
    assert_eq!(in_tests, [false, false, true, false]);
    assert_eq!(source.place(source.literals[2].at), "crates/domain/src/a/b.rs:7");
    assert_eq!((source.crate_name(), source.modules()), ("domain", vec!["a", "b"]));
}
