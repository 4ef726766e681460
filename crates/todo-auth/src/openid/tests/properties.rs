//! What holds of any token and any document.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn one_changed_character_is_enough(
        algorithm in prop::sample::select(vec!["EdDSA", "ES256", "RS256"]),
        place in any::<prop::sample::Index>(),
        letter in "[A-Za-z0-9_.=-]",
    ) {
        let token = token(algorithm, &claims());
        let place = place.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(place..=place, &letter);
        prop_assume!(changed != token);
        prop_assert!(verified(&changed, &keys()).is_err(), "{changed}");
    }

    #[test]
    fn a_part_of_a_token_is_none(cut in any::<prop::sample::Index>()) {
        let token = token("ES256", &claims());
        let cut = &token[..cut.index(token.len())];
        prop_assert!(verified(cut, &keys()).is_err());
    }

    #[test]
    fn anything_can_come(token in ".{0,200}", header in ".{0,60}", claims in ".{0,60}", document: Vec<u8>) {
        let keys = keys();
        prop_assert!(verified(&token, &keys).is_err());
        prop_assert!(verified(&signed("EdDSA", &header, &claims), &keys).is_err());
        prop_assert_eq!(claimed_issuer(&token), None);
        prop_assert!(IssuerKeys::read(&document).is_none());
        let issuer = IssuerUrl::parse(ISSUER).unwrap();
        prop_assert!(issuer.keys_url(&document).is_err());
    }

    #[test]
    fn no_address_without_tls_leads_elsewhere(host in "[a-z0-9.@:/#?-]{0,30}", path in "[a-z0-9.@:/#?-]{0,20}") {
        let text = format!("http://{host}/{path}");
        if IssuerUrl::parse(&text).is_ok() {
            let rest = &text["http://".len()..];
            let name = rest.split(['/', ':']).next().unwrap();
            prop_assert!(name == "localhost" || name == "127.0.0.1" || name.ends_with(".spin.internal"), "{text}");
        }
    }
}
