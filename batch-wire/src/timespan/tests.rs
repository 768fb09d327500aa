use proptest::prelude::*;

use super::*;

const UNLIMITED: &str = "P10675199DT2H48M5.4775807S";

fn ticks(text: &str) -> i64 {
    text.parse::<TimeSpan>().unwrap().ticks()
}

fn problem(text: &str) -> Problem {
    text.parse::<TimeSpan>().unwrap_err().problem
}

#[test]
fn unlimited_keeps_every_digit() {
    assert_eq!(TimeSpan::UNLIMITED.to_string(), UNLIMITED);
    assert_eq!(ticks(UNLIMITED), i64::MAX);
    assert!(TimeSpan::UNLIMITED.is_unlimited());
    assert!(!TimeSpan::from_ticks(i64::MAX - 1).is_unlimited());

    let json = format!("\"{UNLIMITED}\"");
    let read: TimeSpan = serde_json::from_str(&json).unwrap();
    assert_eq!(read, TimeSpan::UNLIMITED);
    assert_eq!(serde_json::to_string(&read).unwrap(), json);
}

#[test]
fn writes_what_dotnet_writes() {
    for (ticks, text) in [
        (0, "PT0S"),
        (1, "PT0.0000001S"),
        (-1, "-PT0.0000001S"),
        (TICKS_PER_SECOND / 2, "PT0.5S"),
        (TICKS_PER_SECOND, "PT1S"),
        (10 * TICKS_PER_SECOND, "PT10S"),
        (TICKS_PER_MINUTE, "PT1M"),
        (90 * TICKS_PER_MINUTE, "PT1H30M"),
        (TICKS_PER_DAY, "P1D"),
        (TICKS_PER_DAY + 1, "P1DT0.0000001S"),
        (-TICKS_PER_DAY, "-P1D"),
        (400 * TICKS_PER_DAY, "P400D"),
        (937_845_000_000, "P1DT2H3M4.5S"),
        (i64::MIN, "-P10675199DT2H48M5.4775808S"),
    ] {
        assert_eq!(TimeSpan::from_ticks(ticks).to_string(), text);
        assert_eq!(format!("{:?}", TimeSpan::from_ticks(ticks)), text);
        assert_eq!(self::ticks(text), ticks);
    }
    assert_eq!(format!("{:>6}|", TimeSpan::from_secs(1)), "  PT1S|");
    assert_eq!(TimeSpan::default().to_string(), "PT0S");
}

#[test]
fn reads_what_dotnet_reads() {
    for (text, seconds) in [
        ("PT01H00M00S", 3600),
        ("  PT1H\n", 3600),
        ("PT90M", 5400),
        ("PT1H1S", 3601),
        ("P1Y", 365 * 86_400),
        ("P1M", 30 * 86_400),
        ("P12M", 365 * 86_400),
        ("P14M", (365 + 60) * 86_400),
        ("P1Y2M3DT4H5M6S", (365 + 60 + 3) * 86_400 + 14_706),
        ("P0D", 0),
        ("-P0D", 0),
        ("PT0S", 0),
        ("PT00000000000000000000000001S", 1),
        ("PT1.S", 1),
        ("-P1DT1S", -86_401),
    ] {
        assert_eq!(ticks(text), seconds * TICKS_PER_SECOND, "{text}");
    }
    assert_eq!(ticks("PT.5S"), 5_000_000);
    assert_eq!(ticks("PT0.0000001S"), 1);
    // Finer than a tick: cut, as .NET does.
    assert_eq!(ticks("PT0.00000019S"), 1);
    assert_eq!(ticks("-PT0.00000019S"), -1);
    assert_eq!(ticks("PT0.123456789012345678901234567890S"), 1_234_567);
}

#[test]
fn refuses_the_rest_and_says_why() {
    for text in ["", "-", "1", "p1d", "+P1D", "T1H", "--P1D", "\u{2212}P1D"] {
        assert_eq!(problem(text), Problem::Start, "{text}");
    }
    for text in ["P", "-P", "PT", "P1DT"] {
        assert_eq!(problem(text), Problem::Empty, "{text}");
    }
    for text in [
        "P1",
        "P1H",
        "PD",
        "P1D2",
        "P1D1Y",
        "P1W",
        "P1.5D",
        "P-1D",
        "PT1",
        "PT1D",
        "PT1S1M",
        "PT1.5H",
        "PT1.5",
        "PT.S",
        "PTS",
        "PT1,5S",
        "PT1S ",
        "P1DT1HT1M",
        "PT1 S",
        "P\u{0661}D",
    ] {
        // The trailing blank is trimmed; put something behind it.
        let text = format!("{text}{}", if text.ends_with(' ') { "x" } else { "" });
        assert_eq!(problem(&text), Problem::Parts, "{text}");
    }
    for text in [
        "P10675199DT2H48M5.4775808S",
        "-P10675199DT2H48M5.4775809S",
        "P10675200D",
        "P30000Y",
        "P18446744073709551615Y18446744073709551615M18446744073709551615DT1H",
        "PT99999999999999999999999S",
    ] {
        assert_eq!(problem(text), Problem::Overflow, "{text}");
    }

    let error = "90 \"min\"".parse::<TimeSpan>().unwrap_err().to_string();
    assert_eq!(
        error,
        "the duration \"90 \\\"min\\\"\" does not begin with `P` or `-P`; a valid one is \
         P1DT2H3M4.5S (1 day, 2 hours, 3 minutes, 4.5 seconds)"
    );
    let error = serde_json::from_str::<TimeSpan>("\"P1W\"").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the duration \"P1W\" is not made of numbers")
    );
    let error = serde_json::from_str::<TimeSpan>("1").unwrap_err();
    assert!(
        error.to_string().contains("expected a duration such as"),
        "{error}"
    );
}

#[test]
fn constructors_saturate() {
    assert_eq!(TimeSpan::from_secs(60), TimeSpan::from_mins(1));
    assert_eq!(TimeSpan::from_mins(60), TimeSpan::from_hours(1));
    assert_eq!(TimeSpan::from_hours(24), TimeSpan::from_days(1));
    for from in [
        TimeSpan::from_secs,
        TimeSpan::from_mins,
        TimeSpan::from_hours,
        TimeSpan::from_days,
    ] {
        assert!(from(i64::MAX).is_unlimited());
        assert_eq!(from(i64::MIN).ticks(), i64::MIN);
    }
}

#[test]
fn other_types_of_duration() {
    assert!(TimeSpan::from(Duration::MAX).is_unlimited());
    assert_eq!(TimeSpan::from(Duration::from_nanos(199)).ticks(), 1);
    let unlimited = Duration::try_from(TimeSpan::UNLIMITED).unwrap();
    assert_eq!(unlimited, Duration::new(922_337_203_685, 477_580_700));
    let error = Duration::try_from(TimeSpan::from_secs(-1)).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the time span -PT1S is negative")
    );

    assert!(TimeSpan::from(TimeDelta::MAX).is_unlimited());
    assert_eq!(TimeSpan::from(TimeDelta::MIN).ticks(), i64::MIN);
    assert_eq!(TimeSpan::from(TimeDelta::nanoseconds(199)).ticks(), 1);
    assert_eq!(TimeSpan::from(TimeDelta::nanoseconds(-199)).ticks(), -1);
    assert_eq!(
        TimeSpan::from(TimeDelta::milliseconds(-1500)).to_string(),
        "-PT1.5S"
    );
}

/// The text by the standard library's formatting.
fn formatted(ticks: i64) -> String {
    let rest = ticks.unsigned_abs();
    if rest == 0 {
        return "PT0S".to_owned();
    }
    let whole = rest / 10_000_000;
    let seconds = format!("{}.{:07}", whole % 60, rest % 10_000_000);
    let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
    let present = |amount: String, unit| match amount.as_str() {
        // Trimming "0.0000000" leaves "0" or nothing.
        "" | "0" => String::new(),
        amount => format!("{amount}{unit}"),
    };
    let date = present((whole / 86_400).to_string(), 'D');
    let time = [
        present((whole / 3600 % 24).to_string(), 'H'),
        present((whole / 60 % 60).to_string(), 'M'),
        present(seconds.to_owned(), 'S'),
    ]
    .concat();
    let sign = if ticks < 0 { "-" } else { "" };
    let separator = if time.is_empty() { "" } else { "T" };
    format!("{sign}P{date}{separator}{time}")
}

proptest! {
    #[test]
    fn every_value_is_written_as_formatting_does(
        ticks in prop_oneof![
            any::<i64>(),
            -TICKS_PER_DAY..TICKS_PER_DAY,
            (-100_000_i64..100_000).prop_map(|seconds| seconds * TICKS_PER_SECOND),
            (-10_000_i64..10_000).prop_map(|minutes| minutes * TICKS_PER_MINUTE),
            (-1000_i64..1000).prop_map(|hours| hours * TICKS_PER_HOUR),
        ],
    ) {
        let span = TimeSpan::from_ticks(ticks);
        prop_assert_eq!(span.to_string(), formatted(ticks));
        let json = serde_json::to_string(&span).unwrap();
        prop_assert_eq!(json, format!("\"{}\"", formatted(ticks)));
    }

    #[test]
    fn every_value_round_trips(ticks: i64) {
        let span = TimeSpan::from_ticks(ticks);
        prop_assert_eq!(span.to_string().parse(), Ok(span));
        prop_assert_eq!(TimeSpan::from(TimeDelta::from(span)), span);
        match Duration::try_from(span) {
            Ok(duration) => prop_assert_eq!(TimeSpan::from(duration), span),
            Err(_) => prop_assert!(ticks < 0),
        }
    }

    /// A duration that was read is written in its canonical form.
    #[test]
    fn reading_is_canonical(
        text in "-?P([0-9]{1,5}[YMD]){0,3}(T([0-9]{0,4}(\\.[0-9]{0,9})?[HMS]){1,3})?",
    ) {
        if let Ok(span) = text.parse::<TimeSpan>() {
            prop_assert_eq!(span.to_string().parse(), Ok(span));
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC*|[-PTYMDHS.0-9]{0,40}") {
        let _ = text.parse::<TimeSpan>();
    }
}
