//! What the demo prints: where things are, the letters, three things to try.

use base::kernel::clock;

use super::folder::Folder;
use super::samples::file_name;
use crate::config::Config;
use crate::output;
use crate::serve::Bound;

pub(super) fn print(folder: &Folder, config: &Config, (bound, next): (&Bound, u64)) {
    let site = folder.site_address().unwrap_or_default();
    let shown = folder.at("").display().to_string();
    let shown = shown.trim_end_matches('/');
    let today = clock::now().day_jst();
    let (suspend, resume) = (file_name(today, next), file_name(today, next + 1));
    let staff = folder.read("invitations.txt").unwrap_or_default().replace('\n', "\n    ");
    let letters = folder.read("letters.txt").unwrap_or_default().replace('\n', "\n    ");
    output::line(format!(
        "\nAikagi demo — everything is invented, nothing leaves this machine.\n\n\
         \x20 VOD site             {site}\n\
         \x20 identity provider    {base}\n\
         \x20 mail and texts       {site}/post\n\
         \x20 style guide          {site}/styleguide\n\
         \x20 health and metrics   http://{ops}/readyz?verbose\n\
         \x20 data                 {shown}\n\n\
         Letters (登録のご案内)\n    {letters}\n\n\
         Consoles of the stations and of the platform: invitations of their staff (an authenticator is set up there)\n    {staff}\n\n\
         Your contacts, passkeys and authenticator: {base}/contacts, /passkeys, /security\n\n\
         Three things to try\n\
         \x20 1  Open {site}, choose a title, sign in: pick 北浜ケーブル, then\n\
         \x20    「手紙で登録する」 with the number and the code of a letter. Choose a login id and a\n\
         \x20    password, and watch. On a television, with arrow keys and a second browser as\n\
         \x20    the phone: {site}/tv\n\
         \x20 2  While it plays, let the SMS suspend the household, and see playback stop:\n\
         \x20      cp {shown}/samples/{suspend}* {shown}/sms/OP0012/in/\n\
         \x20    The answer appears in {shown}/sms/OP0012/out/. The next file resumes it:\n\
         \x20      cp {shown}/samples/{resume}* {shown}/sms/OP0012/in/\n\
         \x20 3  Ask why it was refused, with the eight characters the site shows:\n\
         \x20      {program} --config {shown}/aikagi.toml explain XXXXXXXX\n\
         \x20    or at the station's console, where it can be mended too\n\n\
         Ctrl-C ends it; the next start continues; `demo --reset` begins anew.\n",
        base = config.base_url,
        ops = bound.ops,
        program = program(),
    ));
}

/// How this program was called, as far as it can be typed again.
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "aikagi".to_owned())
}
