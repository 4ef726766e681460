//! Reading a calendar: its lines sorted into VTODOs and their alarms. What else a calendar has is passed over.

use todo_domain::zone::Zone;

use super::line::{ContentLine, Lines};
use super::moment::ZoneNames;
use super::todo::Todo;
use crate::Context;
use crate::intake::Intake;

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Calendar,
    Todo,
    Alarm,
    Zone,
    Elsewhere,
}

#[derive(Default)]
struct Found {
    todos: Vec<Todo>,
    zones: ZoneNames,
    /// The name of the VTIMEZONE that is being read, and its IANA name.
    zone: (Option<String>, Option<Zone>),
    has_events: bool,
}

pub(crate) fn read(bytes: &[u8], context: &Context, intake: &mut Intake) {
    let mut found = Found::default();
    found.zones.floating = context.zone;
    let mut open: Vec<String> = Vec::new();
    let (mut last, mut has_calendar) = (1, false);
    for line in Lines::of(bytes) {
        if intake.is_ended() {
            return;
        }
        let line = match line {
            Ok(line) => line,
            Err((number, message)) => {
                intake.refuse(number, "", message);
                continue;
            }
        };
        last = line.line;
        match line.name.as_str() {
            "BEGIN" => {
                let name = line.value.trim().to_ascii_uppercase();
                if open.is_empty() && name != "VCALENDAR" {
                    intake.give_up(line.line, "BEGIN", "must be `VCALENDAR`: this is no calendar");
                    return;
                }
                has_calendar = true;
                open.push(name);
                found.begin(line.line, place(&open), &open);
            }
            "END" => {
                let name = line.value.trim().to_ascii_uppercase();
                if open.last() != Some(&name) {
                    let expected = open.last().map_or("nothing", String::as_str);
                    let expected: String = expected.chars().take(60).collect();
                    intake.give_up(line.line, "END", format!("must end `{expected}`"));
                    return;
                }
                found.end(place(&open));
                open.pop();
            }
            _ if open.is_empty() => {
                intake.give_up(
                    line.line,
                    "",
                    "must stand between `BEGIN:VCALENDAR` and `END:VCALENDAR`",
                );
                return;
            }
            _ => found.property(place(&open), line),
        }
    }
    if let Some(name) = open.last() {
        let name: String = name.chars().take(60).collect();
        intake.give_up(
            last,
            "END",
            format!("is missing for `{name}`: the file breaks off"),
        );
    } else if !has_calendar {
        intake.give_up(1, "BEGIN", "is missing: a calendar begins with `BEGIN:VCALENDAR`");
    } else if found.todos.is_empty() && found.has_events {
        intake.give_up(1, "VTODO", "is missing: the calendar has events, but no tasks");
    }
    for todo in found.todos {
        if intake.is_ended() {
            return;
        }
        todo.take_into(intake, &found.zones);
    }
}

fn place(open: &[String]) -> Place {
    let names: Vec<&str> = open.iter().take(4).map(String::as_str).collect();
    match names.as_slice() {
        ["VCALENDAR"] => Place::Calendar,
        ["VCALENDAR", "VTODO"] => Place::Todo,
        ["VCALENDAR", "VTODO", "VALARM"] => Place::Alarm,
        ["VCALENDAR", "VTIMEZONE"] => Place::Zone,
        _ => Place::Elsewhere,
    }
}

impl Found {
    fn begin(&mut self, line: u64, place: Place, open: &[String]) {
        match place {
            Place::Todo => self.todos.push(Todo::at(line)),
            Place::Alarm => {
                if let Some(todo) = self.todos.last_mut() {
                    todo.alarms.push((line, Vec::new()));
                }
            }
            Place::Zone => self.zone = (None, None),
            Place::Elsewhere => self.has_events |= open.len() == 2,
            Place::Calendar => {}
        }
    }

    fn end(&mut self, place: Place) {
        if place == Place::Zone
            && let (Some(name), Some(zone)) = std::mem::take(&mut self.zone)
        {
            self.zones.known.insert(name, zone);
        }
    }

    fn property(&mut self, place: Place, line: ContentLine) {
        let todo = self.todos.last_mut();
        match (place, line.name.as_str()) {
            (Place::Calendar, "X-WR-TIMEZONE") => {
                if let Ok(zone) = Zone::parse(line.text().trim()) {
                    self.zones.floating = Some(zone);
                }
            }
            (Place::Zone, "TZID") => self.zone.0 = Some(line.value),
            (Place::Zone, "X-LIC-LOCATION") => self.zone.1 = Zone::parse(line.value.trim()).ok(),
            (Place::Todo, _) => {
                if let Some(todo) = todo {
                    todo.properties.push(line);
                }
            }
            (Place::Alarm, _) => {
                if let Some((_line, properties)) = todo.and_then(|todo| todo.alarms.last_mut()) {
                    properties.push(line);
                }
            }
            _ => {}
        }
    }
}
