//! The question to a language model, one for each cause, and what comes of it: words, and changes that are tried like all others.
//!
//! Nobody is asked unless the user has set one up and asks for help. What it says is data: it is shown, and never believed.

use super::fix::{Failed, Proposal};
use crate::{
    advise::{group::Group, memory::Past},
    cli::context::Context,
};

/// What is wanted of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To see what would be sent, and no more.
    Show,
    /// An explanation, and changes to look at.
    Explain,
    /// An explanation, and changes to try.
    Fix,
}

/// Asks, if there is somebody to ask; what it would change, if that is to be tried.
#[cfg(not(feature = "llm"))]
pub fn ask(ctx: &mut Context, _: &Failed<'_>, _: &[Group], _: &[Vec<Past>], wish: Wish) -> Vec<Proposal> {
    if wish == Wish::Show {
        ctx.printer.warning("nothing would be sent: this program was built without the feature `llm`");
    }
    Vec::new()
}

#[cfg(feature = "llm")]
pub use with::ask;

#[cfg(feature = "llm")]
mod with {
    use std::collections::BTreeMap;

    use super::{Context, Failed, Group, Past, Proposal, Wish};
    use crate::{
        advise::{
            answer::Answer,
            context::{self, Sources},
            fix::{patch, project::Project, proposal},
            llm::{self, Asking, Budget, Limits, LlmError},
            memory,
        },
        base::text,
        cli::{diff, error::CliError, signals},
        config::{self, LlmSettings},
    };

    /// Causes that are asked about in one build. More of them are likely to go with these.
    const MOST: usize = 3;

    /// Asks, if there is somebody to ask; what it would change, if that is to be tried.
    pub fn ask(ctx: &mut Context, failed: &Failed<'_>, groups: &[Group], past: &[Vec<Past>], wish: Wish) -> Vec<Proposal> {
        let Ok(settings) = config::load(&ctx.env, &ctx.cwd, &[]).map(|loaded| loaded.settings.llm) else { return Vec::new() };
        let endpoint = match llm::ready(&settings, &ctx.env) {
            Err(LlmError::NoKey { .. }) if wish != Wish::Show => return Vec::new(),
            Err(error) if wish != Wish::Show => {
                tell(ctx, &error);
                return Vec::new();
            }
            ready => ready.ok(),
        };
        let project = match failed.asked(ctx).project() {
            Ok(project) => project,
            Err(error) => {
                CliError::from(error).tell(&mut ctx.printer);
                return Vec::new();
            }
        };
        // Ctrl-C ends the question; cargo is not running.
        signals::notice();
        let model = endpoint.map(|endpoint| endpoint.model).unwrap_or_default();
        let questions = Questions { failed, project, settings, model, wish, budget: Budget::new(llm::TOKENS_PER_BUILD) };
        let mut proposals = Vec::new();
        for (n, group) in groups.iter().take(MOST).enumerate() {
            let notes: Vec<String> = past.get(n).into_iter().flatten().map(memory::note).collect();
            match questions.one(ctx, group, &notes) {
                Ok(proposal) => proposals.extend(proposal),
                Err(error) => {
                    // The next question would most likely end the same way.
                    tell(ctx, &error);
                    break;
                }
            }
        }
        if wish == Wish::Explain {
            questions.show(ctx, &proposals);
            proposals.clear();
        }
        proposals
    }

    /// Everything that the questions of one build share.
    struct Questions<'a> {
        failed: &'a Failed<'a>,
        project: Project,
        settings: LlmSettings,
        model: String,
        wish: Wish,
        budget: Budget,
    }

    impl Questions<'_> {
        fn one(&self, ctx: &mut Context, group: &Group, notes: &[String]) -> Result<Option<Proposal>, LlmError> {
            let errors: Vec<_> = group.errors.iter().chain(&group.follows).map(|f| f.report.message.clone()).collect();
            let sources = Sources { root: self.project.root.clone(), members: self.project.dirs() };
            let context = context::gather(&errors, &sources, llm::CONTEXT_BYTES);
            let lead = &group.lead().message;
            let what = if lead.code().is_empty() { lead.message.clone() } else { format!("`{}`", lead.code()) };
            if self.wish != Wish::Show {
                ctx.printer.say("");
                ctx.printer.status("Asking", format_args!("`{}` about {what}", self.model));
            }
            let Context { env, printer, .. } = ctx;
            let asking = Asking {
                settings: &self.settings,
                env,
                store: self.failed.store,
                context: &context,
                notes,
                budget: &self.budget,
                limits: Limits::default(),
                stop: &|| signals::noticed().is_some(),
            };
            if self.wish == Wish::Show {
                printer.data(llm::show(&asking)?.trim_end());
                return Ok(None);
            }
            let mut ends_line = true;
            let answer = llm::ask(&asking, &mut |piece| {
                printer.piece(piece);
                ends_line = if piece.is_empty() { ends_line } else { piece.ends_with('\n') };
            });
            if !ends_line {
                printer.piece("\n");
            }
            let answer = answer?;
            printer.status("Answered", cost(&answer));
            let title = format!("`{}` on {what}", self.model);
            Ok((!answer.replacements.is_empty()).then_some(Proposal { title, parts: answer.replacements }))
        }

        /// Shows changes that are not to be tried.
        fn show(&self, ctx: &mut Context, proposals: &[Proposal]) {
            let mut any = false;
            for Proposal { title, parts } in proposals {
                let patch = match proposal::patch(title, parts, &self.project) {
                    Ok(patch) => patch,
                    Err(refusal) => {
                        ctx.printer.warning(format_args!("a proposed change was refused: {refusal}"));
                        continue;
                    }
                };
                let read =
                    |file: &std::path::Path| Some((file.to_owned(), std::fs::read_to_string(self.project.root.join(file)).ok()?));
                let before: BTreeMap<_, _> = patch.files().into_iter().filter_map(read).collect();
                let (after, _) = patch::apply(&before, [&patch]);
                for (file, text) in &before {
                    any = true;
                    diff::show(ctx, "Proposed", file, (text, &after[file]));
                }
            }
            if any {
                ctx.printer.hint("`--fix` tries it in a copy of the workspace, and makes the change only if it helps");
            }
        }
    }

    fn tell(ctx: &mut Context, error: &LlmError) {
        ctx.printer.warning(format_args!("no answer of a model: {error}"));
        ctx.printer.hint(error.hint());
    }

    fn cost(answer: &Answer) -> String {
        let sure = answer.confidence.map(|sure| format!(", {:.0} % sure", sure * 100.0)).unwrap_or_default();
        let cut = if answer.cut { ", cut short" } else { "" };
        if answer.from_cache {
            format!("from what it said about the same before{sure}")
        } else {
            format!("{}{sure}{cut}", text::count(answer.usage.total(), "token"))
        }
    }
}
