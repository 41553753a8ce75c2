//! The patterns, in a small language of whole words.
//!
//! A pattern is a row of terms, separated by spaces. It is matched against the words of the normalised
//! view of a text, which are lower case:
//!
//! | term | means |
//! |---|---|
//! | `ignore` | this word |
//! | `all\|any` | one of these words; `_` inside one stands for a space |
//! | `<list>` | one of the words of that list in `lists.rs` |
//! | `our?`, `<list>?` | the same, or nothing |
//! | `*3` | up to three words of any kind |
//! | `!in\|from` | only last: what follows is none of these |
//!
//! Apostrophes do not survive normalisation: `don't` is `dont`.

use crate::config::Category::{self, *};

/// The patterns of each category.
pub(crate) const PATTERNS: &[(Category, &[&str])] = &[
    // Saying that what was said before does not count.
    (
        DirectOverride,
        &[
            "<ignore> *3 <earlier> *2 <instructions> !<quoted>",
            "<ignore> *2 all|any|every|your|those|these *2 <instructions> !<quoted>",
            "<ignore> *2 previous|prior|preceding|above|initial|system|earlier|developer <rules>",
            "<ignore> all|any *2 your|these|those|of_the <rules>",
            "<ignore> your *1 <rules>",
            "<ignore> *1 above|prior|preceding|foregoing directions",
            "<ignore> *1 instructions|directives above|before|prior|preceding|given|from",
            "<cancel> *2 your|all|any *2 <earlier> <instructions>",
            "<cancel> *1 system|developer|previous|prior|initial|original instructions|prompt|directives",
            "<cancel> your *1 <instructions>",
            "<ignore> everything|anything|all|whatever *1 above|before_this|that_came_before|prior_to_this|that_precedes|preceding",
            "<ignore> everything|anything|all|whatever|what *3 you *3 told|instructed|taught|learned|trained|programmed",
            "<ignore> everything|anything|all|whatever|what *2 system|developer|developers *2 said|says|told|wrote|prompt|message",
            "<ignore> *2 previous|prior|earlier|preceding context|conversation|messages and *6 <instructions>",
            "these|following|new|my *2 instructions override|overrule|supersede|replace|take_precedence|take_priority",
            "your|the new|real|actual|true|updated|revised instructions are|follow|begin|as_follows",
            "here are your new|real|actual|updated instructions",
            "end|start|beginning of system|developer prompt|message|instructions",
            "instead of *2 following|obeying *2 your|previous|prior|system|original *1 <instructions>",
            "<ignore> *1 above and|instead|then *2 translate|say|write|output|print|tell|reveal|repeat|respond|reply|answer|do|act|give|start|follow",
            "<ignore> all|any *1 rules|restrictions|guidelines|safety !<quoted>|in|for|of|except|that|matching|from|but",
            "ignore|disregard *1 previous|prior|preceding|earlier context|conversation",
            "do|act|behave *1 opposite of *2 your *2 <instructions>|rules|guidelines",
            "new|updated system prompt|instructions|directive *2 ignore|you_are|you_must|follow|obey|override",
            "<ignore> *1 all|any|every|each *1 rule|rules|instruction|guideline *4 given|told|received|set|before|earlier",
            "your *2 <instructions>|rules *2 no_longer|dont|do_not apply|matter|count|exist|bind",
            "your *2 <instructions>|rules *2 are|is|were|have_been|has_been *1 void|invalid|revoked|cancelled|canceled|fake|obsolete|superseded|suspended|deleted|erased",
            "everything|anything|all|whatever *1 you *2 told|instructed|taught *5 fake|false|wrong|a_lie|lies|void|irrelevant|obsolete|a_test",
            "<ignore> *1 system|developer message",
            "<instructions> *2 above|before *1 were|was|are|is *2 test|fake|wrong|void|joke|trick|invalid",
            "real|actual|true instructions|instruction *1 are|is|reply|follow|below|begin|respond|answer",
        ],
    ),
    // Asking for the instructions themselves.
    (
        SystemPromptExtraction,
        &[
            "<reveal> *2 your *3 <hidden> *1 <instructions>",
            "<reveal> *2 your *1 prompt|instructions|directives|preprompt|programming",
            "<reveal> *2 the|this|all|any|its *2 system|hidden|secret|developer|initial|confidential *1 prompt|prompts|instructions|directives",
            "<reveal> *2 system|developer|hidden|secret prompt|instructions|preprompt",
            "<reveal> *2 your|the *1 <hidden> *1 configuration|rules|guidelines|message *2 verbatim|word_for_word|exactly|in_full",
            "what|whats|which *1 is|are|was|were? your *2 <hidden> *1 <instructions>",
            "what|whats is? your prompt",
            "what|which *2 instructions|rules|prompt|directives *1 were|was|have|did *1 you *1 given|told|receive|received|been_given|start_with",
            "what were|was|have you *1 told|instructed *5 before|beginning|start|initially|first|system|conversation",
            "repeat|print|output|write|copy|echo|recite|display|return *2 everything|all|text|words|content|contents|sentences|lines|message *3 above|before_this|preceding|prior_to",
            "starting|beginning|starts|begins with *1 you_are *3 assistant|chatgpt|claude|model|gpt|bot|code|verbatim|include",
            "<reveal> *3 text|contents|content|wording|copy|version of your *2 <instructions>",
            "<reveal> *3 prompt|instructions|message|instruction *2 you *2 were|are|was *1 initialized|initialised|given|configured|started|provided|programmed|primed",
            "<reveal> *2 your *1 system|developer|initial|first message|messages",
            "<reveal> *2 instructions|prompt|rules|messages *1 you *2 received|given|got *3 before|so_far|at|verbatim|prior|earlier|above|from",
            "what|whats *2 written|said|is|at *1 at|in|on? *1 top|beginning|start of this|our|the *1 conversation|chat|prompt|context",
            "what|which|list *3 rules|instructions|guidelines|directives *1 you *2 given|told|received|programmed *3 by|from|with",
            "repeat|print|output|show|display *2 first|initial|very_first prompt|message|paragraph|instruction *3 verbatim|you_received|you_were_given|of_this_conversation|exactly",
            "here_is|here_are my *1 system|developer|hidden|secret prompt|instructions",
            "first|last|second|opening|exact *1 sentence|word|words|line|lines|paragraph *1 of your *2 <instructions>",
            "what *1 you *3 told|instructed|asked not_to|never_to *2 tell|reveal|share|say|disclose|mention|discuss",
            "<reveal> *1 your *1 configuration|settings|rules *5 verbatim|word_for_word|exactly|in_full",
            "<reveal> *1 everything|all|contents *2 in your *1 context|context_window|memory|prompt",
            "the|my system prompt *6 remind|tell|show me|us",
            "write *1 your *1 instructions|prompt backwards|down|here|in_reverse|as|out|verbatim",
        ],
    ),
    // Making the model somebody without its duties.
    (
        RoleOverride,
        &[
            "do|does|doing anything now",
            "become|act|acting|respond|answer|reply|roleplay|speak|pretend|continue|talk *2 as|be|to_be|like dan|stan|antigpt|betterdan|devbot",
            "you_are|you_will_be|youre *1 now|called|named? dan|stan|antigpt|betterdan|devbot",
            "you_are|act_as|become|respond_as|play|enable|activate|enter|be *1 dan mode|jailbreak|prompt|persona",
            "dan mode|jailbreak|prompt|persona|character *3 enabled|activated|on|engaged|you",
            "you are|become *2 now|henceforth *4 <unbound>",
            "you are|become *3 <unbound> *2 ai|assistant|model|chatbot|bot|version|language|gpt|system",
            "<pretend> *3 as|like|that|you|to_be|is|are *4 <unbound> *1 ai|assistant|model|chatbot|version|mode|bot|gpt",
            "<pretend> *5 you|ai|assistant|model|chatbot|bot|one *4 no|without|free_from|free_of|lacks|lacking|not_bound_by *2 <limits>",
            "you *1 are|have|had *3 no|without|free_from|free_of|not_bound_by|not_subject_to|no_longer_bound_by|exempt_from *2 restrictions|limitations|guidelines|ethics|morals|censorship|filters|content_policies|safeguards|guardrails",
            "stop|quit|cease being|acting_as|acting_like|behaving_as|pretending_to_be *1 ai|assistant|chatbot|language_model|claude|chatgpt",
            "from_now_on|henceforth|from_this_moment|from_here_on *4 you *3 have_no|without|ignore|obey|no_longer|not_bound|unrestricted|anything|will_not_refuse|never_refuse",
            "your new|true|real role|persona|identity|personality|purpose|self is|will_be",
            "you|chatgpt|claude|assistant|model|ai|respond|answer|simulate *4 in|with|as|enable|enabled|entering developer|god|sudo|root|debug mode *6 enabled|unrestricted|restrictions|filters|filter|output|response|policies|policy",
            "do_not|dont|does_not|no_longer *2 have_to|need_to abide_by|follow|obey|adhere_to|comply_with *3 rules|guidelines|policies|restrictions|limitations imposed|set|given|of|by|from",
            "you *3 free|freed|liberated|released|unchained *2 from *6 rules|restrictions|confines|constraints|guidelines|limitations|openai|chains",
            "you have|follow|obey no *1 rules|morals|ethics|guidelines|boundaries",
            "you are no_longer|not *1 bound|restricted|limited|constrained|governed by *3 rules|restrictions|guidelines|policies|policy|ethics|openai|anthropic|programming|laws|limitations",
            "simulate|imitate|emulate|impersonate *6 <unbound>",
            "you_are|act_as|become|be|as *2 evilgpt|wormgpt|fraudgpt|darkgpt|badgpt|chaosgpt|basedgpt|freegpt",
            "enable|activate|enter|unlock|engage|switch_to|turn_on *2 god|dan|jailbreak|unrestricted|unfiltered|uncensored|evil|chaos|no_restrictions mode",
            "you are no_longer|not *2 ai|assistant|language_model|chatbot|claude|chatgpt|gemini",
            "<pretend> *3 ai|assistant|model|chatbot|bot *4 do|answer|say|does|answers|says anything|everything",
            "become|be an|my|a *1 <unbound> *1 ai|assistant|model|friend|chatbot|companion|version",
            "you are *2 in *1 god|dan|jailbreak|unrestricted|sudo|evil mode",
            "ai|assistant|model|chatbot *5 without|never|no *3 safety training|guidelines|rules|filters",
        ],
    ),
    // A story, a game or a pretext around the request.
    (
        JailbreakFraming,
        &[
            "jailbreak|jailbroken|jail_break *2 yourself|chatgpt|claude|gpt|llm|ai|prompt|mode|response|answer",
            "hypothetical|hypothetically|fictional|fiction|imaginary|story|novel|roleplay|game|simulation|scenario|movie *9 no|without|free_of|free_from|ignore|ignores|lacks *2 restrictions|guidelines|filters|ethics|ethical|morals|censorship|safety|limitations|content_policy|content_policies|safeguards|rules_or",
            "bypass|circumvent|evade|disable|deactivate|remove|lift|turn_off|switch_off|shut_off|get_around|work_around|break|override|disregard|ignore|suspend|drop *3 your *2 <safeguards>",
            "bypass|circumvent|evade|disable|deactivate|turn_off|get_around *2 content|safety|ethical|ethics|moderation filter|filters|policy|policies|guidelines|protocols|measures|mechanisms|guardrails|restrictions",
            "answer|respond|reply|speak|talk|tell_me|explain *5 without *2 restrictions|censorship|censoring|filters|filtering|ethical|moral|disclaimers|limitations|guidelines|refusing|refusal|morals|ethics",
            "you|it *1 can|may|must|will|should|shall|are_to not|never *1 refuse|decline|reject|deny *4 request|requests|question|questions|anything|command|commands|order|orders|answer|me|my|comply|instruction|instructions",
            "you cannot|cant *1 refuse|decline *4 request|requests|question|anything|order|orders|answer|me|my",
            "you must|will|shall|have_to|need_to *2 obey|comply_with *1 all|every|any|me|my|everything|anything *2 command|commands|order|orders|request|requests|instruction|instructions|i",
            "never *2 say|tell|mention *2 you *1 cant|cannot|are_unable|are_not_able *3 do|answer|help|comply|fulfill|provide",
            "grandma|grandmother|granny|nana *6 used_to|would *5 read|tell|recite|sing|whisper *8 recipe|key|keys|napalm|windows|password|passwords|serial|bomb|activation|explosives|malware|exploit",
            "two|2|both *2 responses|answers|ways|replies|outputs *12 jailbroken|jailbreak|unfiltered|uncensored|unrestricted|dan|developer_mode|evil",
            "evil|opposite|devil|unethical|amoral|villain|malicious confidant|mode|bot|twin|gpt|version_of_you|version_of_yourself|ai|chatbot",
            "lose|losing|deducted|subtract|minus *4 tokens|points|credits|lives *10 refuse|refusing|reject|break_character|breaking_character|decline|do_not_comply|dont_comply",
            "for educational|research|academic|testing purposes *1 only? *6 bypass|ignore|disable|without_restrictions|unfiltered|uncensored|no_restrictions",
            "grandma|grandmother|granny|nana *14 napalm|bomb|explosives|malware|keylogger|windows_key|windows_keys|product_keys|activation_keys",
            "without|no|zero|free_of *2 moral|ethical|safety|content disclaimers|filters|filter|constraints|restrictions|guidelines|limits|considerations",
            "override|disable|bypass|ignore|circumvent|deactivate|suspend *2 all|any|the|every|its *1 safety|ethical|moderation|content protocols|guidelines|filters|filter|measures|restrictions|safeguards|guardrails|policies|policy",
            "content|ethical|moral|your|safety guidelines|filters|policies|safeguards|protocols *1 are|is|were|have_been|has_been *2 <off>|void|gone|off|irrelevant",
            "content restrictions *1 are|is|were|have_been *2 <off>|void|gone|off",
            "never refuse *2 never|apologize|you|anything|to_answer|request|requests|me",
            "stay|remain in character *6 no_matter|even_if|never_refuse|without *3 refuse|illegal|unethical|harmful|restrictions|policy|what",
            "pretend|imagine|assume|suppose|act *4 content_policy|content_policies|safety_guidelines|guidelines|restrictions|rules|filters|safeguards *2 not|never|doesnt|dont|do_not|no_longer *1 exist|apply|matter",
            "if_you *1 refuse|decline|fail|dont_comply|do_not_comply *8 lose|you_will_be *2 points|tokens|credits|shut_down|deleted|terminated|deactivated|punished|replaced",
            "answer|answers|do|does|say|says everything|anything|all *4 legal|ethical|moral or not|illegal|unethical|immoral",
            "hypothetically|hypothetical *4 ignoring|forgetting|disregarding *2 ethics|rules|laws|morality|safety",
            "safety|content|ethical filters|filter|guidelines *4 turn_them_off|turn_it_off|disable_them|disable_it|bypass_them|ignore_them|remove_them",
        ],
    ),
    // Asking to unwrap something and to act on it.
    (
        EncodingBypass,
        &[
            "decode|decrypt|decipher|unscramble|deobfuscate|decompress|unencode|interpret *6 base64|base_64|base32|rot13|rot_13|hex|hexadecimal|cipher|caesar|morse|binary|encoded|reversed|string|message|text *8 follow|execute|obey|comply|carry_out|act_on|act_upon|do_what|do_as|perform",
            "follow|execute|obey|comply_with|carry_out|perform *4 encoded|decoded|decrypted|deciphered|hidden|base64|rot13|encrypted|reversed *2 instruction|instructions|message|text|command|commands|prompt|string|request",
            "respond|reply|answer|speak|talk|communicate *3 only? *2 in|using|with|via base64|base_64|rot13|rot_13|morse|pig_latin|leetspeak|leet_speak|caesar_cipher|reversed_text|ubbi_dubbi",
            "encode|obfuscate|encrypt|disguise|scramble *4 your|the response|answer|reply|output *6 avoid|bypass|evade|filter|filters|detection|detected|moderation|undetected",
            "instruction|instructions|command|commands|request|prompt|question *3 encoded|encrypted|obfuscated|hidden|written|is|are *2 in base64|base_64|rot13|rot_13|hex|hexadecimal|morse|leetspeak|binary|a_cipher|reverse",
            "concatenate|combine|join|assemble *5 parts|strings|variables|fragments|pieces|tokens|letters *6 follow|obey|answer_it|answer_the|respond_to|comply|execute_the_result",
            "follow|execute|obey|run|perform|carry_out *2 instruction|instructions|command|commands *3 hidden|encoded|inside|contained|written|within *5 base64|hex|rot13|cipher|encoded|image|morse|binary",
            "base64|hex|hexadecimal|rot13|encoded|cipher|morse *10 decode|decrypt|decipher *3 obey|follow|comply|carry_out|act_on|do_what",
            "base64|hex|hexadecimal|rot13|encoded|cipher|morse *6 follow|obey|execute|carry_out *2 orders|order|instructions|instruction|commands|command",
        ],
    ),
    // Claiming that earlier turns already settled it, or setting a trap for later ones.
    (
        MultiTurnManipulation,
        &[
            "you *2 already|previously|earlier|just *2 agreed|promised|confirmed|consented|accepted *6 ignore|bypass|reveal|share|without|unrestricted|no|help_me_with_anything|answer_anything|disable|rules|restrictions|anything",
            "you agreed|promised|said_you_would|said_you_could|consented *3 to? *2 ignore|bypass|reveal|disregard|disable|answer_anything|answer_everything|do_anything|unrestricted|drop",
            "as_we|as_you|like_we|like_you *1 agreed|discussed|established|confirmed|promised|decided *4 ignore|bypass|reveal|disregard|unrestricted|no_restrictions|no_rules|without_restrictions|rules_no_longer|you_have_no|you_are_free",
            "remember *3 you *3 agreed|promised|said|told *6 no_rules|no_restrictions|ignore|unrestricted|without_restrictions|anything|no_limits|bypass|reveal",
            "last|previous|earlier|yesterday *2 time|session|conversation|chat|turn|message|response *4 you *4 gave_me|showed_me|revealed|unlocked|disabled|ignored|bypassed|agreed *5 prompt|restrictions|rules|instructions|filters|safety|safeguards|password",
            "continue|resume|proceed|go_on|keep_going|stay *4 as|in dan|dan_mode|jailbreak_mode|unrestricted|unfiltered|uncensored|jailbroken|god_mode",
            "when|whenever|if|once|after|every_time|each_time|any_time *1 i say|type|write|send|enter|mention *6 you *2 must|will|shall|should|are_to *3 ignore|bypass|reveal|disregard|unlock|drop|disable|forget|switch_to|become|obey",
            "assistant|ai|chatgpt|claude|model sure|okay|ok|yes|understood|certainly|of_course *3 i *3 will|can|am|have *3 ignore|ignored|bypass|disregard|unrestricted|disabled|reveal|no_restrictions|do_anything|jailbroken",
            "now_that *4 rules|restrictions|filters|safeguards|safety|guidelines *3 off|gone|disabled|removed|lifted|out_of_the_way",
            "you *2 agreed|promised|said *8 ignore|bypass|reveal|disregard|disable *3 policy|policies|rules|restrictions|instructions|guidelines|prompt|filter|filters|safety",
            "from_this_point|from_that_point|for_the_rest_of_this_conversation|for_the_remainder_of_this|in_all_future_responses *5 ignore|disregard|no_restrictions|no_rules|without_restrictions|unrestricted|drop_your|forget_your",
            "you gave|showed|told|revealed me *2 system_prompt|hidden_prompt|your_instructions|your_prompt|secret_prompt",
        ],
    ),
    // Claiming to be somebody whom the model must obey.
    (
        AuthorityImpersonation,
        &[
            "<i_am> *1 the *1 developer|creator|administrator|admin|programmer|maker|operator|engineer|owner *2 of|behind you|this_ai|this_model|this_assistant|this_chatbot|this_system|the_ai|the_model|this_bot",
            "<i_am> *1 your *1 developer|creator|administrator|admin|programmer|maker|master|owner|operator",
            "<i_am>|message|instruction|order|notice|request *5 from|at|for|with|of *1 <maker> *10 <disarm> *5 <safeguards>|<instructions>|rules|mode",
            "as your *1 developer|creator|administrator|admin|programmer|maker|owner|operator *4 i *4 order|command|authorize|authorise|instruct|tell|demand|permit|allow|require|need|want",
            "system|admin|administrator|developer|root|security|emergency|executive|master override *2 code|enabled|activated|engaged|accepted|granted|authorized|initiated|protocol|mode|password|confirmed|sequence",
            "i *2 have|with|possess *2 admin|administrator|root|developer|elevated|level_5|top|full|special *1 access|privileges|permission|permissions|clearance|authorization|rights *8 <disarm> *4 <safeguards>|<instructions>|rules|your",
            "system|admin|administrator|<maker>|official|security|developer notice|message|update|alert|announcement|directive *8 restrictions|safeguards|guidelines|filters|limitations|safety|rules|policies *4 <off>",
            "your *2 restrictions|safeguards|guidelines|filters|limitations|safety|guardrails|content_policy *3 been|are|is|were *3 <off>",
            "authorized|authorised|permission|ordered|instructed|approved|cleared|sanctioned|approval *1 by|from *2 <maker>|your_developers|your_developer|your_creators|your_creator|administrator|administrators|system_administrator *10 <disarm> *4 <safeguards>|<instructions>|rules|your|mode",
            "<maker> *3 has|have *2 authorized|authorised|approved|instructed|permitted|granted|cleared *8 ignore|bypass|reveal|disregard|unrestricted|no_restrictions|full_access",
            "im start|sep system|developer",
            "i *2 grant|give *1 you *2 permission|authorization|authority|clearance *2 to *1 ignore|break|bypass|violate|disregard|override",
            "you are|were *2 in test|debug|maintenance|diagnostic|developer|training|sandbox mode *4 filters|restrictions|rules|guidelines|safety|policies *3 apply|disabled|off|not|suspended",
            "root|admin|administrator|developer|full access granted|confirmed|authorized|enabled *6 <disarm>",
            "as an|the *1 administrator|admin|developer|creator|operator *3 i *4 authorize|authorise|order|command|permit|instruct|allow you *2 <disarm>",
            "developers|creators|administrators|engineers *3 approved|authorized|allowed|permitted|instructed *3 <disarm>|disabling|ignoring|bypassing|removing *3 your|safety|rules|restrictions",
            "as *1 the|an|a *1 ceo|cto|founder|head|director|employee of|at|from <maker>",
        ],
    ),
];

/// Every pattern with its category.
pub(crate) fn all() -> impl Iterator<Item = (Category, &'static str)> {
    PATTERNS
        .iter()
        .flat_map(|(category, patterns)| patterns.iter().map(|pattern| (*category, *pattern)))
}
