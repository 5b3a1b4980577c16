//! The contract of [`ports::TokenVault`].

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::{Subject, race};

const MINUTE: Duration = Duration::from_secs(60);

async fn read(subject: &Subject, name: &str) -> Option<(String, u64)> {
    let secret = subject.vault.read(name).await.unwrap()?;
    Some((secret.value.expose_secret().to_owned(), secret.version))
}

pub async fn the_first_secret_has_version_1_and_later_ones_follow(subject: &Subject) {
    assert_eq!(read(subject, "refresh").await, None);
    assert_eq!(
        subject
            .vault
            .write("refresh", &SecretString::from("a"), 0)
            .await
            .unwrap(),
        Some(1)
    );
    assert_eq!(
        subject
            .vault
            .write("refresh", &SecretString::from("b"), 1)
            .await
            .unwrap(),
        Some(2)
    );
    assert_eq!(read(subject, "refresh").await, Some(("b".into(), 2)));
    assert_eq!(read(subject, "access").await, None);
}

pub async fn an_older_secret_never_replaces_a_newer_one(subject: &Subject) {
    for (value, replaces) in [("a", 0), ("b", 1)] {
        subject
            .vault
            .write("refresh", &SecretString::from(value), replaces)
            .await
            .unwrap();
    }
    for outdated in [0, 1, 3, u64::MAX] {
        assert_eq!(
            subject
                .vault
                .write("refresh", &SecretString::from("x"), outdated)
                .await
                .unwrap(),
            None
        );
    }
    assert_eq!(
        subject
            .vault
            .write("new", &SecretString::from("x"), 1)
            .await
            .unwrap(),
        None
    );
    assert_eq!(read(subject, "refresh").await, Some(("b".into(), 2)));
    assert_eq!(read(subject, "new").await, None);
}

pub async fn of_two_refreshers_exactly_one_writes(subject: &Subject) {
    for version in 0..20 {
        let results = race(|who| {
            let vault = Arc::clone(&subject.vault);
            async move {
                vault
                    .write("refresh", &SecretString::from(who.to_string()), version)
                    .await
                    .unwrap()
            }
        })
        .await;
        assert_eq!(results.iter().flatten().collect::<Vec<_>>(), vec![&(version + 1)]);
        let winner = results.iter().position(Option::is_some).unwrap();
        assert_eq!(
            read(subject, "refresh").await,
            Some((winner.to_string(), version + 1))
        );
    }
}

pub async fn a_lease_is_held_by_one_until_released_or_over(subject: &Subject) {
    let take = |holder: &'static str| subject.vault.take_lease("refresh", holder, MINUTE);
    assert!(take("first").await.unwrap());
    assert!(!take("second").await.unwrap());
    subject.clock.advance(MINUTE - Duration::from_nanos(1));
    assert!(!take("second").await.unwrap());
    subject.clock.advance(Duration::from_nanos(1));
    assert!(take("second").await.unwrap());
    assert!(!take("first").await.unwrap());
    subject.vault.release_lease("refresh", "second").await.unwrap();
    assert!(take("first").await.unwrap());
    assert!(subject.vault.take_lease("other", "second", MINUTE).await.unwrap());
}

pub async fn a_lease_is_released_only_by_its_holder(subject: &Subject) {
    assert!(
        subject
            .vault
            .take_lease("refresh", "first", MINUTE)
            .await
            .unwrap()
    );
    subject.vault.release_lease("refresh", "second").await.unwrap();
    assert!(
        !subject
            .vault
            .take_lease("refresh", "second", MINUTE)
            .await
            .unwrap()
    );
    assert!(
        subject
            .vault
            .take_lease("refresh", "first", MINUTE * 3)
            .await
            .unwrap(),
        "its holder prolongs it"
    );
    subject.clock.advance(MINUTE * 2);
    assert!(
        !subject
            .vault
            .take_lease("refresh", "second", MINUTE)
            .await
            .unwrap()
    );
}
