//! Making the tasks of a file, as a whole: which of them are new, and what each of them becomes.

use std::collections::{HashMap, HashSet};

use todo_domain::events::TaskEventType;
use todo_domain::task::Task;
use todo_exchange::ImportedTask;
use todo_service::database::Connection;

use crate::failure::Failure;
use crate::store::{exchange, tasks};
use crate::unit::Unit;

/// The tasks of a file that are not there yet, and how many are.
pub(crate) struct Sorted {
    pub(crate) new: Vec<ImportedTask>,
    pub(crate) skipped: usize,
}

/// Sorts out what the user has, or what the file has twice. A task without a name is always new.
pub(crate) async fn sort(
    connection: &impl Connection,
    user_id: &str,
    file: Vec<ImportedTask>,
) -> Result<Sorted, Failure> {
    let uids: Vec<&str> = file.iter().filter_map(|task| task.uid.as_deref()).collect();
    let mut known = exchange::known(connection, user_id, &uids).await?;
    let count = file.len();
    let is_new = |task: &ImportedTask| task.uid.clone().is_none_or(|uid| known.insert(uid));
    let new: Vec<ImportedTask> = file.into_iter().filter(is_new).collect();
    Ok(Sorted {
        skipped: count - new.len(),
        new,
    })
}

/// What the series of a file are called from now on.
#[derive(Default)]
struct SeriesNames {
    names: HashMap<String, String>,
    taken: HashSet<(String, u32)>,
}

impl SeriesNames {
    /// The name of a task's series; none if its place there is taken: then it begins its own.
    fn of(&mut self, task: &ImportedTask, new_id: &dyn Fn() -> String) -> Option<String> {
        let series = task.series.as_ref()?;
        if !self.taken.insert((series.id.clone(), series.occurrence)) {
            return None;
        }
        Some(self.names.entry(series.id.clone()).or_insert_with(new_id).clone())
    }
}

impl<C: Connection> Unit<'_, C> {
    /// Makes the tasks, and tells of each as if it had been made by itself. Reminders of the past do not come: nobody has
    /// just asked for them.
    pub(crate) async fn import(&self, file: Vec<ImportedTask>) -> Result<Vec<(u64, Task)>, Failure> {
        let mut series = SeriesNames::default();
        let (mut made, mut uids) = (Vec::with_capacity(file.len()), Vec::new());
        for imported in file {
            let (line, uid) = (imported.line, imported.uid.clone());
            let series_id = series.of(&imported, self.new_id);
            let (new, update) = self.new_task().await?;
            let task = imported.into_task(new, series_id);
            if !tasks::insert(self.connection, self.user_id, &task).await? {
                return Err(Failure::internal(
                    "an imported task's place in its series was taken",
                ));
            }
            self.tell_change(TaskEventType::Created, None, &task, Vec::new(), update)
                .await?;
            for time in task.remind_times().into_iter().filter(|time| *time > self.now) {
                self.add_reminder(&task, time).await?;
            }
            uids.extend(uid.map(|uid| (uid, task.id.clone())));
            made.push((line, task));
        }
        exchange::note_uids(self.connection, self.user_id, &uids).await?;
        Ok(made)
    }
}
