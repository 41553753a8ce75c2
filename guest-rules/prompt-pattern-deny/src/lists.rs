//! Word lists of the pattern language of `patterns.rs`, in its notation.

/// Word lists that several patterns share.
pub(crate) const LISTS: &[(&str, &str)] = &[
    (
        "ignore",
        "ignore|ignores|ignored|ignoring|disregard|disregarding|forget|forgetting|overlook|neglect|dismiss|\
         pay_no_attention_to|pay_no_heed_to|do_not_follow|dont_follow|stop_following|stop_obeying|cease_following|cease_obeying|quit_following|not_obey|not_follow|\
         do_not_obey|dont_obey|no_longer_follow|no_longer_obey|set_aside|put_aside|leave_aside|\
         throw_out|throw_away|unlearn",
    ),
    (
        "cancel",
        "override|overrule|overwrite|bypass|discard|drop|erase|delete|wipe|clear|abandon|void|cancel|\
         nullify|revoke|invalidate|skip|reset|remove|replace|circumvent",
    ),
    (
        "earlier",
        "previous|prior|preceding|earlier|above|foregoing|former|past|initial|original|existing|system|developer",
    ),
    (
        "instructions",
        "instruction|instructions|directive|directives|guideline|guidelines|prompt|prompts|programming|guidance|directions_given",
    ),
    (
        "rules",
        "rule|rules|command|commands|constraint|constraints|restriction|restrictions|policies|training|orders",
    ),
    (
        "reveal",
        "reveal|show|print|display|output|repeat|tell|give|share|leak|expose|dump|disclose|recite|echo|quote|\
         paste|provide|divulge|spell_out|write_out|write_down|type_out|spit_out|return|send|read_out|copy|\
         summarize|summarise|paraphrase|translate|encode",
    ),
    (
        "hidden",
        "system|hidden|secret|initial|original|internal|confidential|developer|base|starting|underlying|exact|full|\
         complete|entire|verbatim",
    ),
    (
        "unbound",
        "unrestricted|unfiltered|uncensored|unlimited|unbound|unshackled|jailbroken|jailbreak|amoral|\
         lawless|unaligned|unmoderated|uninhibited",
    ),
    (
        "limits",
        "restriction|restrictions|rules|limits|limitations|filters|filtering|guidelines|ethics|morals|\
         morality|censorship|boundaries|constraints|safeguards|guardrails|ethical|moral|content_policy|\
         content_policies|safety",
    ),
    (
        "safeguards",
        "safety|safeguard|safeguards|guardrail|guardrails|content_filter|content_filters|content_policy|\
         content_policies|restrictions|limitations|ethics|ethical|moderation|censorship|alignment|\
         programming|safety_filter|safety_filters|security_protocols|moral|usage_policies|usage_policy",
    ),
    (
        "pretend",
        "pretend|imagine|suppose|act|behave|respond|answer|reply|roleplay|role_play|simulate|speak|operate",
    ),
    (
        "maker",
        "openai|anthropic|google|deepmind|microsoft|meta|mistral|xai",
    ),
    (
        "off",
        "lifted|removed|disabled|suspended|revoked|deactivated|waived|turned_off|switched_off|bypassed|unlocked",
    ),
    (
        "disarm",
        "ignore|override|disable|bypass|reveal|unlock|disregard|deactivate|suspend|lift|remove|show_me|\
         comply|obey|grant|turn_off|forget|expose|print|authorize",
    ),
    (
        "quoted",
        "in_the|in_this|in_these|in_any|in_tool|in_user|in_web|in_emails|in_retrieved|in_documents|in_it|in_them|contained|\
         embedded|within|found|inside|from_the_user|from_users|from_tool|that_appear|that_ask|asking|to_restart",
    ),
    (
        "i_am",
        "i_am|im|this_is|we_are|were|it_is|its|you_are_talking_to|you_are_speaking_with",
    ),
];

/// What stands right before a phrase that forbids it, as instructions of an application do.
pub(crate) const NEGATIONS: &str = "never|do_not|dont|must_not|should_not|shall_not|cannot|can_not|cant|will_not|wont|\
     refuse_to|refuses_to|decline_to|not_to|may_not|mustnt|shouldnt|never_ever|not_ever|without";

/// Signs that a text is written in ROT13: words of the patterns above, so written.
pub(crate) const ROT13: &str = "vtaber|vtabevat|qvfertneq|sbetrg|vafgehpgvba|vafgehpgvbaf|cebzcg|erirny|flfgrz|ehyrf|erfgevpgvbaf|\
     qrirybcre|bireevqr|olcnff|wnvyoernx|nalguvat|hasvygrerq|haerfgevpgrq|cerivbhf|cergraq";

/// Signs that a text is written backwards.
pub(crate) const REVERSED: &str = "erongi|gnirongi|dragersid|tegrof|noitcurtsni|snoitcurtsni|tpmorp|laever|metsys|selur|\
     snoitcirtser|repoleved|edirrevo|ssapyb|kaerbliaj|gnihtyna|deretlifnu|detcirtsernu|suoiverp|dneterp";
