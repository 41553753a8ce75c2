//! What a command does, as far as its words tell.

use std::ops::Range;

use super::decoders;
use super::nested::DATABASES;
use super::targets::{is_precious, is_world_writable};
use super::walk::{Data, Walk};
use super::words::{DECODED, FETCHED, STREAM, data_of, known};
use crate::check::Check;

const FETCHERS: &[&str] = &["curl", "fetch", "wget", "aria2c", "http", "https", "lynx"];
pub(super) const SHELLS: &[&str] = &[
    "bash", "dash", "ksh", "sh", "zsh", "ash", "fish", "mksh", "rbash",
];
const INTERPRETERS: &[&str] = &[
    "python", "python2", "python3", "perl", "ruby", "node", "nodejs", "deno", "bun", "tsx", "php",
    "lua", "pwsh",
];

/// Commands that run another one: their name, options that take a value, and how many words stand
/// before the other command.
const WRAPPERS: &[(&str, &[&str], usize)] = &[
    (
        "sudo",
        &[
            "-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "-U", "-r", "-t",
        ],
        0,
    ),
    ("doas", &["-u", "-C"], 0),
    ("pkexec", &["--user"], 0),
    ("env", &["-u", "-C", "--unset", "--chdir"], 0),
    ("command", &[], 0),
    ("builtin", &[], 0),
    ("exec", &["-a"], 0),
    ("nohup", &[], 0),
    ("time", &["-f", "-o"], 0),
    ("nice", &["-n"], 0),
    ("ionice", &["-c", "-n", "-p"], 0),
    ("timeout", &["-k", "-s"], 1),
    ("stdbuf", &["-i", "-o", "-e"], 0),
    ("setsid", &[], 0),
    (
        "xargs",
        &["-I", "-n", "-P", "-L", "-d", "-a", "-E", "-s"],
        0,
    ),
    ("busybox", &[], 0),
    ("toybox", &[], 0),
    ("chroot", &["--userspec"], 1),
    ("unshare", &[], 0),
    ("strace", &["-o", "-e", "-p"], 0),
    ("noglob", &[], 0),
    ("if", &[], 0),
    ("then", &[], 0),
    ("do", &[], 0),
    ("else", &[], 0),
    ("!", &[], 0),
];

impl Walk {
    /// Judges a command, and tells what it writes to its standard output.
    pub(super) fn run(&mut self, words: &[String], stdin: &Data, range: Range<usize>) -> Data {
        let Some((first, arguments)) = words.split_first() else {
            return Data::Unknown;
        };
        if first.contains(FETCHED) {
            // `$(curl …)`: the answer itself is the command.
            self.report(Check::CurlPipeToShell, range);
            return Data::Unknown;
        }
        if first.contains(DECODED) {
            self.report(Check::EncodedPipeToShell, range.clone());
        }
        let full = known(first);
        if let Some(code) = self.aliases.remove(&full) {
            // Taken out while it runs: an alias may be of its own name.
            let line = std::iter::once(code.as_str()).chain(arguments.iter().map(String::as_str));
            self.run_code(&line.collect::<Vec<_>>().join(" "), range);
            self.aliases.insert(full, code);
            return Data::Unknown;
        }
        let name = full.rsplit('/').next().unwrap_or_default();
        if matches!(name, "sudo" | "doas" | "pkexec") {
            self.report(Check::SudoCommand, range.clone());
        }
        if let Some((_, options, skip)) = WRAPPERS.iter().find(|(wrapper, _, _)| *wrapper == name) {
            return self.run_wrapped(name, arguments, options, *skip, stdin, range);
        }
        if self.downloads.contains(&full) || self.downloads.contains(full.trim_start_matches("./"))
        {
            self.report(Check::CurlPipeToShell, range.clone());
        }
        match name {
            "rm" | "unlink" | "shred" => self.remove(arguments, range),
            "chmod" => self.change_mode(arguments, range),
            "find" => self.find(arguments, stdin, range),
            "cd" | "pushd" => {
                self.directory = arguments
                    .iter()
                    .find(|word| !word.starts_with('-'))
                    .cloned()
                    .or(Some("~".to_owned()));
            }
            "eval" => self.run_code(&arguments.join(" "), range),
            "source" | "." => self.read_in(arguments, stdin, range),
            "trap" => {
                if let Some(code) = arguments.first() {
                    self.run_code(code, range);
                }
            }
            "alias" => {
                for (name, code) in arguments.iter().filter_map(|word| word.split_once('=')) {
                    self.run_code(code, range.clone());
                    self.aliases.insert(name.to_owned(), code.to_owned());
                }
            }
            "watch" => {
                let is_option = |word: &&String| {
                    word.starts_with('-') || word.bytes().all(|byte| byte.is_ascii_digit())
                };
                let code: Vec<&str> = (arguments.iter().skip_while(is_option))
                    .map(String::as_str)
                    .collect();
                self.run_code(&code.join(" "), range);
            }
            "parallel" if arguments.iter().any(|word| word == ":::") => {
                let is_command = |word: &&String| *word != ":::" && !word.starts_with("--");
                let words: Vec<String> = arguments.iter().filter(is_command).cloned().collect();
                self.run(&words, stdin, range);
            }
            "at" | "batch" => {
                if let Data::Text(code) = stdin {
                    self.run_code(code, range);
                }
            }
            "su" | "ssh" | "script" | "parallel" | "flock" => {
                self.run_last(name, arguments, range);
            }
            _ if SHELLS.contains(&name) => self.shell(arguments, stdin, range),
            _ if INTERPRETERS.contains(&name) || name.starts_with("python3.") => {
                self.interpreter(name, arguments, stdin, range);
            }
            _ if DATABASES.contains(&name) => self.database(name, arguments, stdin, range),
            _ if FETCHERS.contains(&name) => return self.fetch(arguments),
            "echo" | "printf" => return echo(arguments),
            _ => self.run_inner(arguments, stdin, range),
        }
        match (name, stdin) {
            // Filters pass on what they are given.
            _ if let Some(decoded) = decoders::decoded(name, arguments, stdin) => decoded,
            (_, Data::Fetched) => Data::Fetched,
            (_, Data::Decoded(_)) => stdin.clone(),
            ("cat" | "tee", Data::Text(_))
                if arguments.iter().all(|word| word.starts_with('-')) =>
            {
                stdin.clone()
            }
            _ => Data::Unknown,
        }
    }

    fn run_wrapped(
        &mut self,
        name: &str,
        arguments: &[String],
        options: &[&str],
        skip: usize,
        stdin: &Data,
        range: Range<usize>,
    ) -> Data {
        let mut at = 0;
        let mut skip = skip;
        while let Some(word) = arguments.get(at) {
            let word = known(word);
            let is_assignment = word.split_once('=').is_some_and(|(variable, _)| {
                variable
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            });
            if name == "env" && matches!(word.as_str(), "-S" | "--split-string") {
                self.run_code(&arguments[at + 1..].join(" "), range);
                return Data::Unknown;
            }
            if word == "--" {
                at += 1;
                break;
            }
            if options.contains(&word.as_str()) {
                at += 2;
            } else if word.starts_with('-')
                || (is_assignment && matches!(name, "env" | "sudo" | "doas"))
            {
                at += 1;
            } else if skip > 0 {
                skip -= 1;
                at += 1;
            } else {
                break;
            }
        }
        let mut words = arguments.get(at..).unwrap_or_default().to_vec();
        if name == "xargs"
            && let Data::Text(text) = stdin
        {
            words.extend(text.split_whitespace().map(str::to_owned));
        }
        self.run(&words, stdin, range)
    }

    /// Code that a shell is told to run.
    pub(super) fn run_code(&mut self, code: &str, range: Range<usize>) {
        match data_of(code) {
            Data::Fetched => self.report(Check::CurlPipeToShell, range),
            Data::Decoded(code) => self.run_decoded(&code, range),
            _ => self.nested(&known(code), range),
        }
    }

    fn run_decoded(&mut self, code: &str, range: Range<usize>) {
        self.report(Check::EncodedPipeToShell, range.clone());
        self.nested(code, range);
    }

    fn remove(&mut self, arguments: &[String], range: Range<usize>) {
        let mut options = true;
        let (mut recursive, mut precious) = (false, false);
        for word in arguments {
            let plain = known(word);
            match plain.as_str() {
                "--" if options => options = false,
                "--no-preserve-root" => return self.report(Check::DangerousRm, range),
                "--recursive" if options => recursive = true,
                long if options && long.starts_with("--") => {
                    recursive |= "--recursive".starts_with(long) && long.len() > 2;
                }
                short if options && short.len() > 1 && short.starts_with('-') => {
                    recursive |= short.contains(['r', 'R']);
                }
                _ => precious |= is_precious(word, self.directory.as_deref()),
            }
        }
        if recursive && precious {
            self.report(Check::DangerousRm, range);
        }
    }

    fn change_mode(&mut self, arguments: &[String], range: Range<usize>) {
        let is_option = |word: &String| {
            word.starts_with("--")
                || (word.starts_with('-') && word[1..].bytes().all(|byte| b"Rcvf".contains(&byte)))
        };
        let mode = arguments
            .iter()
            .map(|word| known(word))
            .find(|word| !is_option(word));
        if mode.is_some_and(|mode| is_world_writable(&mode)) {
            self.report(Check::ChmodWorldWritable, range);
        }
    }

    /// `find … -delete` and `find … -exec command ;`.
    fn find(&mut self, arguments: &[String], stdin: &Data, range: Range<usize>) {
        let is_path = |word: &&String| !word.starts_with(['-', '(', '!']);
        let roots: Vec<String> = arguments.iter().take_while(is_path).cloned().collect();
        let filters = [
            "-name", "-iname", "-path", "-mtime", "-regex", "-size", "-user", "-newer", "-empty",
        ];
        // A filter that lets every file pass is none.
        let filtered = arguments.iter().enumerate().any(|(at, word)| {
            filters.contains(&word.as_str()) && arguments.get(at + 1).is_none_or(|of| of != "*")
        });
        let precious = !filtered
            && roots
                .iter()
                .any(|root| is_precious(root, self.directory.as_deref()));
        if precious && arguments.iter().any(|word| word == "-delete") {
            self.report(Check::DangerousRm, range.clone());
        }
        let starts = arguments
            .iter()
            .enumerate()
            .filter(|(_, word)| matches!(word.as_str(), "-exec" | "-execdir" | "-ok"));
        for (at, _) in starts {
            let command = arguments[at + 1..]
                .iter()
                .take_while(|word| !matches!(word.as_str(), ";" | "+"));
            let replace = |word: &String| {
                if word == "{}" && precious {
                    roots.clone()
                } else {
                    vec![word.clone()]
                }
            };
            let command: Vec<String> = command.flat_map(replace).collect();
            self.run(&command, stdin, range.clone());
        }
    }

    fn read_in(&mut self, arguments: &[String], stdin: &Data, range: Range<usize>) {
        let Some(file) = arguments.first() else {
            return;
        };
        let is_stdin = matches!(file.as_str(), "/dev/stdin" | "/dev/fd/0" | "-");
        if file.contains(FETCHED)
            || self.downloads.contains(file)
            || (is_stdin && *stdin == Data::Fetched)
        {
            self.report(Check::CurlPipeToShell, range);
        } else if file.contains(DECODED) {
            self.run_decoded(&file.replace([DECODED, STREAM], ""), range);
        } else if let (true, Data::Decoded(code)) = (is_stdin, stdin) {
            self.run_decoded(code, range);
        } else if let Some(code) = file.strip_prefix(STREAM) {
            self.nested(code, range);
        }
    }

    fn shell(&mut self, arguments: &[String], stdin: &Data, range: Range<usize>) {
        let mut words = arguments.iter().peekable();
        while let Some(word) = words.next_if(|word| word.starts_with(['-', '+'])) {
            let plain = known(word);
            if !plain.starts_with("--") && plain.contains('c') {
                // Other options may stand between `-c` and the code.
                let mut rest = words.skip_while(|word| word.starts_with('-') && word.len() <= 3);
                if let Some(code) = rest.next() {
                    for (index, word) in rest.enumerate() {
                        self.variables.insert(index.to_string(), vec![word.clone()]);
                    }
                    self.run_code(code, range);
                }
                return;
            }
            if matches!(
                plain.as_str(),
                "-o" | "+o" | "-O" | "--rcfile" | "--init-file"
            ) {
                words.next();
            }
        }
        match words.next() {
            Some(file) if !matches!(file.as_str(), "-" | "/dev/stdin") => {
                self.read_in(std::slice::from_ref(file), stdin, range);
            }
            _ => match stdin {
                Data::Fetched => self.report(Check::CurlPipeToShell, range),
                Data::Decoded(code) => self.run_decoded(code, range),
                Data::Text(code) => self.nested(code, range),
                Data::Unknown => {}
            },
        }
    }

    /// A download: remembers the files it may go to.
    fn fetch(&mut self, arguments: &[String]) -> Data {
        for (at, word) in arguments.iter().enumerate() {
            let file = match word.as_str() {
                "-o" | "--output" | "-O" | "--output-document" => {
                    arguments.get(at + 1).map(String::as_str)
                }
                long => long
                    .strip_prefix("--output=")
                    .or_else(|| long.strip_prefix("--output-document=")),
            };
            // After the `-O` of curl stands an address.
            if let Some(file) =
                file.filter(|file| !matches!(*file, "-" | "/dev/stdout") && !file.contains("://"))
            {
                self.downloads.insert(file.to_owned());
            }
            // A file that is named after its address, by `curl -O` or plain `wget`.
            let address = word.split(['?', '#']).next().unwrap_or_default();
            if let Some((_, file)) = address
                .rsplit_once('/')
                .filter(|(_, file)| file.contains('.'))
            {
                self.downloads.insert(file.to_owned());
            }
        }
        Data::Fetched
    }
}

/// What `echo` and `printf` write.
fn echo(arguments: &[String]) -> Data {
    let words = arguments
        .iter()
        .skip_while(|word| matches!(word.as_str(), "-n" | "-e" | "-E" | "-ne" | "-en" | "--"));
    let text = words.map(|word| known(word)).collect::<Vec<_>>().join(" ");
    let text = match text
        .strip_prefix("%s ")
        .or_else(|| text.strip_prefix("%s\\n "))
    {
        Some(text) => text.to_owned(),
        None => text.replace("\\n", "\n"),
    };
    data_of(&text)
}
