//! Decision after an attempt, from its outcome and those of earlier attempts. A pure function, so
//! that tables can test it.

use reqwest::StatusCode;

use super::effect::{Added, Effect};

/// Outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome<'a> {
    /// No connection, so nothing was sent.
    NoConnection,
    /// The connection broke or timed out; the service may have applied the request.
    Lost,
    /// A failure that a retry cannot fix.
    Permanent,
    /// A response, with the service's error code if it has one.
    Response(StatusCode, Option<&'a str>),
    /// A response whose body broke off, so that the code is missing or incomplete.
    Broken(StatusCode, Option<&'a str>),
}

/// Next step after an attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Decision {
    /// Return the response or error to the caller.
    Final,
    /// Make another attempt, if the policy permits it.
    Retry,
    /// The response proves that an earlier attempt was applied.
    Applied,
    /// A resource of this id exists; read it to compare it with the request.
    Confirm(&'static Added),
}

/// Decides about the next step, if the caller's policy `named` the code of the response as one to
/// retry.
///
/// Two proofs of an earlier attempt come first: what was deleted or done is, and a resource that
/// exists may be the one that was sent. A resource in another state (`JobBeingDeleted`) is not
/// looked at, because the caller waits for that state to pass.
pub(crate) fn decide_named(effect: Effect, outcome: Outcome<'_>, uncertain: bool) -> Decision {
    match decide(effect, outcome, uncertain) {
        Decision::Final if is_answered(outcome) => Decision::Retry,
        Decision::Confirm(_) if !code_says_exists(outcome) => Decision::Retry,
        decision => decision,
    }
}

fn is_answered(outcome: Outcome<'_>) -> bool {
    matches!(outcome, Outcome::Response(..) | Outcome::Broken(..))
}

fn code_says_exists(outcome: Outcome<'_>) -> bool {
    match outcome {
        Outcome::Response(_, Some(code)) | Outcome::Broken(_, Some(code)) => {
            Added::is_existence(code)
        }
        _ => false,
    }
}

/// Decides about the next step. `uncertain` is true if an earlier attempt may have been applied.
pub(crate) fn decide(effect: Effect, outcome: Outcome<'_>, uncertain: bool) -> Decision {
    if matches!(effect, Effect::Unknown) && may_be_applied(outcome) {
        return Decision::Final;
    }
    let (status, code) = match outcome {
        Outcome::Permanent => return Decision::Final,
        Outcome::NoConnection | Outcome::Lost => return Decision::Retry,
        Outcome::Response(status, code) => (status, code),
        Outcome::Broken(status, code) => {
            return match decide(effect, Outcome::Response(status, code), uncertain) {
                Decision::Final => Decision::Retry,
                decision => decision,
            };
        }
    };
    if may_pass(status) {
        return Decision::Retry;
    }
    if !uncertain {
        return Decision::Final;
    }
    let is = |codes: &[&str]| code.is_some_and(|code| codes.contains(&code));
    let conflict = status == StatusCode::CONFLICT;
    match effect {
        // Without a code it is a gateway's, which does not know the resource.
        Effect::Deletes(_) if status == StatusCode::NOT_FOUND && code.is_some() => {
            Decision::Applied
        }
        Effect::Deletes(applied) | Effect::Acts(applied) if conflict && is(applied) => {
            Decision::Applied
        }
        Effect::Adds(added) if conflict && is(added.exists) => Decision::Confirm(added),
        _ => Decision::Final,
    }
}

/// Returns true if a failure with this status can be transient.
pub(crate) fn may_pass(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

/// Returns true if a request with this outcome may have been applied.
pub(crate) fn may_be_applied(outcome: Outcome<'_>) -> bool {
    match outcome {
        Outcome::NoConnection | Outcome::Permanent => false,
        Outcome::Lost => true,
        // A throttled request was not processed. The others can come from a gateway, behind which
        // the request was processed.
        Outcome::Response(status, _) | Outcome::Broken(status, _) => {
            may_pass(status) && status != StatusCode::TOO_MANY_REQUESTS
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;
    use crate::retry::comparison::ModelComparison;

    static ADDED: Added = Added {
        exists: &[codes::JOB_EXISTS, codes::JOB_BEING_DELETED],
        suffix: "/{id}",
        compared: &ModelComparison {
            properties: &[],
            copies: &[],
        },
    };
    const ADD: Effect = Effect::Adds(&ADDED);
    const ACT: Effect = Effect::Acts(&[codes::JOB_COMPLETED]);
    const DELETE: Effect = Effect::Deletes(&[codes::JOB_BEING_DELETED]);
    const EFFECTS: [Effect; 5] = [Effect::Reads, ADD, DELETE, Effect::Sets, ACT];

    /// Decisions compare by their consequences.
    impl PartialEq for Decision {
        fn eq(&self, other: &Self) -> bool {
            match (self, other) {
                (Self::Confirm(one), Self::Confirm(other)) => std::ptr::eq(*one, *other),
                _ => std::mem::discriminant(self) == std::mem::discriminant(other),
            }
        }
    }

    fn response(status: u16, code: Option<&str>) -> Outcome<'_> {
        Outcome::Response(StatusCode::from_u16(status).expect("a status"), code)
    }

    #[test]
    fn what_may_pass_is_tried_again_whatever_it_is() {
        for effect in EFFECTS {
            for uncertain in [false, true] {
                for outcome in [
                    Outcome::NoConnection,
                    Outcome::Lost,
                    response(408, None),
                    response(429, Some("TooManyRequests")),
                    response(500, Some("InternalError")),
                    response(502, None),
                    response(503, Some("ServerBusy")),
                    response(504, None),
                ] {
                    assert_eq!(
                        decide(effect, outcome, uncertain),
                        Decision::Retry,
                        "{effect:?} {outcome:?}"
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
                        decide(effect, response(status, code), false),
                        Decision::Final,
                        "{effect:?} {status}"
                    );
                }
            }
            assert_eq!(decide(effect, Outcome::Permanent, true), Decision::Final);
        }
    }

    #[test]
    fn a_second_try_knows_the_first() {
        let table: [(Effect, u16, Option<&str>, Decision); 18] = [
            (DELETE, 404, Some(codes::TASK_NOT_FOUND), Decision::Applied),
            (DELETE, 404, None, Decision::Final),
            (
                DELETE,
                409,
                Some(codes::JOB_BEING_DELETED),
                Decision::Applied,
            ),
            (DELETE, 409, Some(codes::JOB_COMPLETED), Decision::Final),
            (DELETE, 412, Some("ConditionNotMet"), Decision::Final),
            (DELETE, 202, None, Decision::Final),
            (
                Effect::Reads,
                404,
                Some(codes::TASK_NOT_FOUND),
                Decision::Final,
            ),
            (Effect::Sets, 412, Some("ConditionNotMet"), Decision::Final),
            (Effect::Sets, 404, None, Decision::Final),
            (ADD, 409, Some(codes::JOB_EXISTS), Decision::Confirm(&ADDED)),
            (
                ADD,
                409,
                Some(codes::JOB_BEING_DELETED),
                Decision::Confirm(&ADDED),
            ),
            (ADD, 409, Some(codes::JOB_COMPLETED), Decision::Final),
            (ADD, 400, Some(codes::JOB_EXISTS), Decision::Final),
            (ADD, 409, None, Decision::Final),
            (ADD, 404, Some(codes::JOB_NOT_FOUND), Decision::Final),
            (ACT, 409, Some(codes::JOB_COMPLETED), Decision::Applied),
            (ACT, 409, Some(codes::JOB_DISABLED), Decision::Final),
            (ACT, 404, Some(codes::JOB_COMPLETED), Decision::Final),
        ];
        for (effect, status, code, expected) in table {
            assert_eq!(
                decide(effect, response(status, code), true),
                expected,
                "{effect:?} {status} {code:?}"
            );
        }
    }

    #[test]
    fn of_an_unknown_effect_only_what_was_not_applied_is_tried_again() {
        for (outcome, expected) in [
            (Outcome::NoConnection, Decision::Retry),
            (response(429, None), Decision::Retry),
            (Outcome::Broken(StatusCode::CONFLICT, None), Decision::Retry),
            (Outcome::Lost, Decision::Final),
            (Outcome::Permanent, Decision::Final),
            (response(408, None), Decision::Final),
            (response(500, None), Decision::Final),
            (response(503, Some("ServerBusy")), Decision::Final),
            (
                Outcome::Broken(StatusCode::BAD_GATEWAY, None),
                Decision::Final,
            ),
            (response(409, Some(codes::JOB_COMPLETED)), Decision::Final),
            (response(404, None), Decision::Final),
        ] {
            for uncertain in [false, true] {
                assert_eq!(
                    decide(Effect::Unknown, outcome, uncertain),
                    expected,
                    "{outcome:?}"
                );
            }
        }
    }

    #[test]
    fn a_broken_refusal_is_tried_again_unless_it_proves_an_earlier_attempt() {
        let broken = Outcome::Broken(StatusCode::NOT_FOUND, None);
        for effect in EFFECTS {
            assert_eq!(decide(effect, broken, false), Decision::Retry, "{effect:?}");
        }
        let code = Some(codes::TASK_NOT_FOUND);
        let coded = Outcome::Broken(StatusCode::NOT_FOUND, code);
        assert_eq!(decide(DELETE, coded, true), Decision::Applied);
        assert_eq!(decide(DELETE, broken, true), Decision::Retry);
        assert_eq!(decide(Effect::Sets, coded, true), Decision::Retry);
    }

    #[test]
    fn a_named_code_is_retried_unless_it_proves_an_earlier_attempt() {
        let deleted = response(409, Some(codes::JOB_BEING_DELETED));
        let exists = response(409, Some(codes::JOB_EXISTS));
        let quota = response(409, Some(codes::ACTIVE_JOB_AND_SCHEDULE_QUOTA_REACHED));
        for (effect, outcome, uncertain, decision) in [
            (ADD, quota, false, Decision::Retry),
            (ADD, quota, true, Decision::Retry),
            (ADD, deleted, false, Decision::Retry),
            (ADD, deleted, true, Decision::Retry),
            (ADD, exists, true, Decision::Confirm(&ADDED)),
            (DELETE, deleted, true, Decision::Applied),
            (DELETE, deleted, false, Decision::Retry),
            (Effect::Unknown, quota, false, Decision::Retry),
            (ADD, Outcome::Permanent, false, Decision::Final),
        ] {
            let found = decide_named(effect, outcome, uncertain);
            assert_eq!(found, decision, "{effect:?} {outcome:?} {uncertain}");
        }
    }

    #[test]
    fn only_what_was_turned_away_is_clear() {
        for (outcome, uncertain) in [
            (Outcome::NoConnection, false),
            (Outcome::Permanent, false),
            (Outcome::Lost, true),
            (response(429, None), false),
            (response(408, None), true),
            (response(500, None), true),
            (response(503, Some("ServerBusy")), true),
            (response(504, None), true),
            (response(404, None), false),
            (response(201, None), false),
        ] {
            assert_eq!(may_be_applied(outcome), uncertain, "{outcome:?}");
        }
    }
}
