//! What is known of a conversation before the turn.

use todo_domain::assistant::{ChatRequest, Context, Intent, Plan, interpret};
use todo_service::database::Database;

use super::super::Memory;
use super::super::prompt::HISTORY_MESSAGES;
use super::super::reading::Reader;
use super::super::record::Place;
use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::store::conversations;

/// A conversation that a turn is about to be taken in.
pub(crate) struct Conversation {
    pub(in crate::assistant) place: Place,
    pub(in crate::assistant) memory: Memory,
    /// Its last messages.
    pub(in crate::assistant) history: Vec<conversations::Message>,
    /// What the rules make of the message.
    pub(in crate::assistant) asked: Plan,
    /// Whether the message answers the assistant's question: then no model is asked what it means.
    pub(crate) is_answer: bool,
}

impl Conversation {
    /// Reads what the turn needs.
    pub(crate) async fn open<P: Platform>(
        app: &App<P>,
        caller: &Caller,
        request: &ChatRequest,
    ) -> Result<Self, Failure> {
        let now = app.now()?;
        let connection = app.platform.database().connect().await?;
        let (place, memory, history) = match &request.conversation_id {
            Some(id) => {
                let known = conversations::find(&connection, &caller.user_id, id).await?;
                let known = known.ok_or_else(Failure::not_found)?;
                let history = conversations::last_messages(&connection, &known.id, HISTORY_MESSAGES).await?;
                (Place::known(known.id), Memory::read(&known.state), history)
            }
            None => (Place::fresh(app.new_id()), Memory::default(), Vec::new()),
        };
        let memory = Memory {
            pending: memory.pending.filter(|pending| pending.expires_at >= now),
            ..memory
        };
        let zone = request.timezone.unwrap_or_default();
        let mut reader = Reader::new(&connection, &caller.user_id, now, zone);
        // A message that is read in another way because of the question answers it, or asks what it was.
        let (asked, is_answer) = reader
            .read(&memory, |context| {
                let asked = interpret(&request.message, context);
                let is_answer = context.pending.is_some()
                    && (matches!(asked.intent, Intent::Confirm | Intent::Cancel)
                        || asked
                            != interpret(
                                &request.message,
                                &Context {
                                    pending: None,
                                    ..*context
                                },
                            ));
                (asked, is_answer)
            })
            .await?;
        Ok(Self {
            place,
            memory: Memory {
                // A question that this message does not answer is forgotten.
                pending: None,
                ..memory
            },
            history,
            asked,
            is_answer,
        })
    }
}
