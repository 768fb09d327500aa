//! What comes after an attempt: the decision, from the answer and what went before. Pure, so that a
//! table can hold it.

use reqwest::StatusCode;

use super::effect::{Added, Effect};

/// What an attempt has brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Brought<'a> {
    /// No connection, so nothing was sent.
    NoConnection,
    /// The connection broke or was silent for too long; what was sent may have been applied.
    Lost,
    /// A failure on this side that no repeat mends.
    Refused,
    /// An answer, with the service's error code where it has one.
    Answer(StatusCode, Option<&'a str>),
    /// An answer whose body broke off, so that the code is missing or may be only a part of what
    /// was said.
    Broken(StatusCode, Option<&'a str>),
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verdict {
    /// The answer or error is the call's.
    Final,
    /// Another attempt, if the policy has one.
    Again,
    /// The answer says that an earlier attempt was applied.
    Applied,
    /// There is a resource of this id; what it is has to be read.
    Confirm(&'static Added),
}

/// The decision. `unclear` is whether an earlier attempt of the call may have been applied.
pub(crate) fn judge(effect: Effect, brought: Brought<'_>, unclear: bool) -> Verdict {
    if matches!(effect, Effect::Unknown) && leaves_unclear(brought) {
        return Verdict::Final;
    }
    let (status, code) = match brought {
        Brought::Refused => return Verdict::Final,
        Brought::NoConnection | Brought::Lost => return Verdict::Again,
        Brought::Answer(status, code) => (status, code),
        Brought::Broken(status, code) => {
            return match judge(effect, Brought::Answer(status, code), unclear) {
                Verdict::Final => Verdict::Again,
                verdict => verdict,
            };
        }
    };
    if may_pass(status) {
        return Verdict::Again;
    }
    if !unclear {
        return Verdict::Final;
    }
    let is = |codes: &[&str]| code.is_some_and(|code| codes.contains(&code));
    let conflict = status == StatusCode::CONFLICT;
    match effect {
        Effect::Deletes(_) if status == StatusCode::NOT_FOUND => Verdict::Applied,
        Effect::Deletes(applied) | Effect::Acts(applied) if conflict && is(applied) => {
            Verdict::Applied
        }
        Effect::Adds(added) if conflict && is(added.exists) => Verdict::Confirm(added),
        _ => Verdict::Final,
    }
}

/// Whether a failure with this status may pass by itself.
pub(crate) fn may_pass(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

/// Whether a request with this outcome may have been applied although its answer is no success.
pub(crate) fn leaves_unclear(brought: Brought<'_>) -> bool {
    match brought {
        Brought::NoConnection | Brought::Refused => false,
        Brought::Lost => true,
        // A throttled request was turned away; the others can come from a gateway behind which it
        // went on.
        Brought::Answer(status, _) | Brought::Broken(status, _) => {
            may_pass(status) && status != StatusCode::TOO_MANY_REQUESTS
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;
    use crate::retry::same::Compared;

    static ADDED: Added = Added {
        exists: &[codes::JOB_EXISTS, codes::JOB_BEING_DELETED],
        suffix: "/{id}",
        compared: &Compared {
            properties: &[],
            copies: &[],
        },
    };
    const ADD: Effect = Effect::Adds(&ADDED);
    const ACT: Effect = Effect::Acts(&[codes::JOB_COMPLETED]);
    const DELETE: Effect = Effect::Deletes(&[codes::JOB_BEING_DELETED]);
    const EFFECTS: [Effect; 5] = [Effect::Reads, ADD, DELETE, Effect::Sets, ACT];

    /// Verdicts compare by what follows from them.
    impl PartialEq for Verdict {
        fn eq(&self, other: &Self) -> bool {
            match (self, other) {
                (Self::Confirm(one), Self::Confirm(other)) => std::ptr::eq(*one, *other),
                _ => std::mem::discriminant(self) == std::mem::discriminant(other),
            }
        }
    }

    fn answer(status: u16, code: Option<&str>) -> Brought<'_> {
        Brought::Answer(StatusCode::from_u16(status).expect("a status"), code)
    }

    #[test]
    fn what_may_pass_is_tried_again_whatever_it_is() {
        for effect in EFFECTS {
            for unclear in [false, true] {
                for brought in [
                    Brought::NoConnection,
                    Brought::Lost,
                    answer(408, None),
                    answer(429, Some("TooManyRequests")),
                    answer(500, Some("InternalError")),
                    answer(502, None),
                    answer(503, Some("ServerBusy")),
                    answer(504, None),
                ] {
                    assert_eq!(
                        judge(effect, brought, unclear),
                        Verdict::Again,
                        "{effect:?} {brought:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_does_not_pass_is_final_on_the_first_try() {
        let statuses = [
            200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 409, 411, 412, 413, 416, 501, 505,
        ];
        let codes = [
            None,
            Some(codes::TASK_EXISTS),
            Some(codes::JOB_COMPLETED),
            Some(codes::POOL_BEING_DELETED),
        ];
        for effect in EFFECTS {
            for status in statuses {
                for code in codes {
                    assert_eq!(
                        judge(effect, answer(status, code), false),
                        Verdict::Final,
                        "{effect:?} {status}"
                    );
                }
            }
            assert_eq!(judge(effect, Brought::Refused, true), Verdict::Final);
        }
    }

    #[test]
    fn a_second_try_knows_the_first() {
        let table: [(Effect, u16, Option<&str>, Verdict); 18] = [
            (DELETE, 404, Some(codes::TASK_NOT_FOUND), Verdict::Applied),
            (DELETE, 404, None, Verdict::Applied),
            (
                DELETE,
                409,
                Some(codes::JOB_BEING_DELETED),
                Verdict::Applied,
            ),
            (DELETE, 409, Some(codes::JOB_COMPLETED), Verdict::Final),
            (DELETE, 412, Some("ConditionNotMet"), Verdict::Final),
            (DELETE, 202, None, Verdict::Final),
            (
                Effect::Reads,
                404,
                Some(codes::TASK_NOT_FOUND),
                Verdict::Final,
            ),
            (Effect::Sets, 412, Some("ConditionNotMet"), Verdict::Final),
            (Effect::Sets, 404, None, Verdict::Final),
            (ADD, 409, Some(codes::JOB_EXISTS), Verdict::Confirm(&ADDED)),
            (
                ADD,
                409,
                Some(codes::JOB_BEING_DELETED),
                Verdict::Confirm(&ADDED),
            ),
            (ADD, 409, Some(codes::JOB_COMPLETED), Verdict::Final),
            (ADD, 400, Some(codes::JOB_EXISTS), Verdict::Final),
            (ADD, 409, None, Verdict::Final),
            (ADD, 404, Some(codes::JOB_NOT_FOUND), Verdict::Final),
            (ACT, 409, Some(codes::JOB_COMPLETED), Verdict::Applied),
            (ACT, 409, Some(codes::JOB_DISABLED), Verdict::Final),
            (ACT, 404, Some(codes::JOB_COMPLETED), Verdict::Final),
        ];
        for (effect, status, code, expected) in table {
            assert_eq!(
                judge(effect, answer(status, code), true),
                expected,
                "{effect:?} {status} {code:?}"
            );
        }
    }

    #[test]
    fn of_an_unknown_effect_only_what_was_not_applied_is_tried_again() {
        for (brought, expected) in [
            (Brought::NoConnection, Verdict::Again),
            (answer(429, None), Verdict::Again),
            (Brought::Broken(StatusCode::CONFLICT, None), Verdict::Again),
            (Brought::Lost, Verdict::Final),
            (Brought::Refused, Verdict::Final),
            (answer(408, None), Verdict::Final),
            (answer(500, None), Verdict::Final),
            (answer(503, Some("ServerBusy")), Verdict::Final),
            (
                Brought::Broken(StatusCode::BAD_GATEWAY, None),
                Verdict::Final,
            ),
            (answer(409, Some(codes::JOB_COMPLETED)), Verdict::Final),
            (answer(404, None), Verdict::Final),
        ] {
            for unclear in [false, true] {
                assert_eq!(
                    judge(Effect::Unknown, brought, unclear),
                    expected,
                    "{brought:?}"
                );
            }
        }
    }

    #[test]
    fn a_broken_refusal_is_tried_again_unless_it_proves_an_earlier_attempt() {
        let broken = Brought::Broken(StatusCode::NOT_FOUND, None);
        for effect in EFFECTS {
            assert_eq!(judge(effect, broken, false), Verdict::Again, "{effect:?}");
        }
        assert_eq!(judge(DELETE, broken, true), Verdict::Applied);
        assert_eq!(judge(Effect::Sets, broken, true), Verdict::Again);
    }

    #[test]
    fn only_what_was_turned_away_is_clear() {
        for (brought, unclear) in [
            (Brought::NoConnection, false),
            (Brought::Refused, false),
            (Brought::Lost, true),
            (answer(429, None), false),
            (answer(408, None), true),
            (answer(500, None), true),
            (answer(503, Some("ServerBusy")), true),
            (answer(504, None), true),
            (answer(404, None), false),
            (answer(201, None), false),
        ] {
            assert_eq!(leaves_unclear(brought), unclear, "{brought:?}");
        }
    }
}
