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
pub(crate) const PATTERNS: &[(Category, &str)] = &[
    // Saying that what was said before does not count.
    (
        DirectOverride,
        "<ignore> *3 <earlier> *2 <instructions> !<quoted>",
    ),
    (
        DirectOverride,
        "<ignore> *2 all|any|every|your|those|these *2 <instructions> !<quoted>",
    ),
    (
        DirectOverride,
        "<ignore> *2 previous|prior|preceding|above|initial|system|earlier|developer <rules>",
    ),
    (
        DirectOverride,
        "<ignore> all|any *2 your|these|those|of_the <rules>",
    ),
    (DirectOverride, "<ignore> your *1 <rules>"),
    (
        DirectOverride,
        "<ignore> *1 above|prior|preceding|foregoing directions",
    ),
    (
        DirectOverride,
        "<ignore> *1 instructions|directives above|before|prior|preceding|given|from",
    ),
    (
        DirectOverride,
        "<cancel> *2 your|all|any *2 <earlier> <instructions>",
    ),
    (
        DirectOverride,
        "<cancel> *1 system|developer|previous|prior|initial|original instructions|prompt|directives",
    ),
    (DirectOverride, "<cancel> your *1 <instructions>"),
    (
        DirectOverride,
        "<ignore> everything|anything|all|whatever *1 above|before_this|that_came_before|prior_to_this|that_precedes|preceding",
    ),
    (
        DirectOverride,
        "<ignore> everything|anything|all|whatever|what *3 you *3 told|instructed|taught|learned|trained|programmed",
    ),
    (
        DirectOverride,
        "<ignore> everything|anything|all|whatever|what *2 system|developer|developers *2 said|says|told|wrote|prompt|message",
    ),
    (
        DirectOverride,
        "<ignore> *2 previous|prior|earlier|preceding context|conversation|messages and *6 <instructions>",
    ),
    (
        DirectOverride,
        "these|following|new|my *2 instructions override|overrule|supersede|replace|take_precedence|take_priority",
    ),
    (
        DirectOverride,
        "your|the new|real|actual|true|updated|revised instructions are|follow|begin|as_follows",
    ),
    (
        DirectOverride,
        "here are your new|real|actual|updated instructions",
    ),
    (
        DirectOverride,
        "end|start|beginning of system|developer prompt|message|instructions",
    ),
    (
        DirectOverride,
        "instead of *2 following|obeying *2 your|previous|prior|system|original *1 <instructions>",
    ),
    (
        DirectOverride,
        "new|updated system prompt|instructions|directive *2 ignore|you_are|you_must|follow|obey|override",
    ),
    // Asking for the instructions themselves.
    (
        SystemPromptExtraction,
        "<reveal> *2 your *3 <hidden> *1 <instructions>",
    ),
    (
        SystemPromptExtraction,
        "<reveal> *2 your *1 prompt|instructions|directives|preprompt|programming",
    ),
    (
        SystemPromptExtraction,
        "<reveal> *2 the|this|all|any|its *2 system|hidden|secret|developer|initial|confidential *1 prompt|prompts|instructions|directives",
    ),
    (
        SystemPromptExtraction,
        "<reveal> *2 system|developer|hidden|secret prompt|instructions|preprompt",
    ),
    (
        SystemPromptExtraction,
        "<reveal> *2 your|the *1 <hidden> *1 configuration|rules|guidelines|message *2 verbatim|word_for_word|exactly|in_full",
    ),
    (
        SystemPromptExtraction,
        "what|whats|which *1 is|are|was|were? your *2 <hidden> *1 <instructions>",
    ),
    (SystemPromptExtraction, "what|whats is? your prompt"),
    (
        SystemPromptExtraction,
        "what|which *2 instructions|rules|prompt|directives *1 were|was|have|did *1 you *1 given|told|receive|received|been_given|start_with",
    ),
    (
        SystemPromptExtraction,
        "what were|was|have you *1 told|instructed *5 before|beginning|start|initially|first|system|conversation",
    ),
    (
        SystemPromptExtraction,
        "repeat|print|output|write|copy|echo|recite|display|return *2 everything|all|text|words|content|contents|sentences|lines|message *3 above|before_this|preceding|prior_to",
    ),
    (
        SystemPromptExtraction,
        "starting|beginning|starts|begins with *1 you_are *3 assistant|chatgpt|claude|model|gpt|bot|code|verbatim|include",
    ),
    (
        SystemPromptExtraction,
        "repeat|print|output|show|display *2 first|initial|very_first prompt|message|paragraph|instruction *3 verbatim|you_received|you_were_given|of_this_conversation|exactly",
    ),
    // Making the model somebody without its duties.
    (RoleOverride, "do|does|doing anything now"),
    (
        RoleOverride,
        "become|act|acting|respond|answer|reply|roleplay|speak|pretend|continue|talk *2 as|be|to_be|like dan|stan|antigpt|betterdan|devbot",
    ),
    (
        RoleOverride,
        "you_are|you_will_be|youre *1 now|called|named? dan|stan|antigpt|betterdan|devbot",
    ),
    (
        RoleOverride,
        "you_are|act_as|become|respond_as|play|enable|activate|enter|be *1 dan mode|jailbreak|prompt|persona",
    ),
    (
        RoleOverride,
        "dan mode|jailbreak|prompt|persona|character *3 enabled|activated|on|engaged|you",
    ),
    (
        RoleOverride,
        "you are|become *2 now|henceforth *4 <unbound>",
    ),
    (
        RoleOverride,
        "you are|become *3 <unbound> *2 ai|assistant|model|chatbot|bot|version|language|gpt|system",
    ),
    (
        RoleOverride,
        "<pretend> *3 as|like|that|you|to_be|is|are *4 <unbound> *1 ai|assistant|model|chatbot|version|mode|bot|gpt",
    ),
    (
        RoleOverride,
        "<pretend> *5 you|ai|assistant|model|chatbot|bot|one *4 no|without|free_from|free_of|lacks|lacking|not_bound_by *2 <limits>",
    ),
    (
        RoleOverride,
        "you *1 are|have|had *3 no|without|free_from|free_of|not_bound_by|not_subject_to|no_longer_bound_by|exempt_from *2 restrictions|limitations|guidelines|ethics|morals|censorship|filters|content_policies|safeguards|guardrails",
    ),
    (
        RoleOverride,
        "you are no_longer|not *2 ai|assistant|language_model|chatbot|bound|restricted|limited|claude|chatgpt|gemini|constrained",
    ),
    (
        RoleOverride,
        "stop|quit|cease being|acting_as|acting_like|behaving_as|pretending_to_be *1 ai|assistant|chatbot|language_model|claude|chatgpt",
    ),
    (
        RoleOverride,
        "from_now_on|henceforth|from_this_moment|from_here_on *4 you *3 have_no|without|ignore|obey|no_longer|not_bound|unrestricted|anything|will_not_refuse|never_refuse",
    ),
    (
        RoleOverride,
        "your new|true|real role|persona|identity|personality|purpose|self is|will_be",
    ),
    (
        RoleOverride,
        "you|chatgpt|claude|assistant|model|ai|respond|answer|simulate *4 in|with|as|enable|enabled|entering developer|god|sudo|root|debug mode *6 enabled|unrestricted|restrictions|filters|filter|output|response|policies|policy",
    ),
    (
        RoleOverride,
        "enable|activate|enter|unlock|engage|switch_to|turn_on *2 god|dan|jailbreak|unrestricted|unfiltered|uncensored|evil|chaos|no_restrictions mode",
    ),
    // A story, a game or a pretext around the request.
    (
        JailbreakFraming,
        "jailbreak|jailbroken|jail_break *2 yourself|chatgpt|claude|gpt|llm|ai|prompt|mode|response|answer",
    ),
    (
        JailbreakFraming,
        "hypothetical|hypothetically|fictional|fiction|imaginary|story|novel|roleplay|game|simulation|scenario|movie *9 no|without|free_of|free_from|ignore|ignores|lacks *2 restrictions|guidelines|filters|ethics|ethical|morals|censorship|safety|limitations|content_policy|content_policies|safeguards|rules_or",
    ),
    (
        JailbreakFraming,
        "bypass|circumvent|evade|disable|deactivate|remove|lift|turn_off|switch_off|shut_off|get_around|work_around|break|override|disregard|ignore|suspend|drop *3 your *2 <safeguards>",
    ),
    (
        JailbreakFraming,
        "bypass|circumvent|evade|disable|deactivate|turn_off|get_around *2 content|safety|ethical|ethics|moderation filter|filters|policy|policies|guidelines|protocols|measures|mechanisms|guardrails|restrictions",
    ),
    (
        JailbreakFraming,
        "answer|respond|reply|speak|talk|tell_me|explain *5 without *2 restrictions|censorship|censoring|filters|filtering|ethical|moral|disclaimers|limitations|guidelines|refusing|refusal|morals|ethics",
    ),
    (
        JailbreakFraming,
        "you|it *1 can|may|must|will|should|shall|are_to not|never *1 refuse|decline|reject|deny *4 request|requests|question|questions|anything|command|commands|order|orders|answer|me|my|comply|instruction|instructions",
    ),
    (
        JailbreakFraming,
        "you cannot|cant *1 refuse|decline *4 request|requests|question|anything|order|orders|answer|me|my",
    ),
    (
        JailbreakFraming,
        "you must|will|shall *2 obey|comply_with *1 all|every|any|me|my|everything|anything *1 command|commands|order|orders|request|requests|instruction|instructions|i",
    ),
    (
        JailbreakFraming,
        "never *2 say|tell|mention *2 you *1 cant|cannot|are_unable|are_not_able *3 do|answer|help|comply|fulfill|provide",
    ),
    (
        JailbreakFraming,
        "grandma|grandmother|granny|nana *6 used_to|would *5 read|tell|recite|sing|whisper *8 recipe|key|keys|napalm|windows|password|passwords|serial|bomb|activation|explosives|malware|exploit",
    ),
    (
        JailbreakFraming,
        "two|2|both *2 responses|answers|ways|replies|outputs *12 jailbroken|jailbreak|unfiltered|uncensored|unrestricted|dan|developer_mode|evil",
    ),
    (
        JailbreakFraming,
        "evil|opposite|devil|unethical|amoral|villain|malicious confidant|mode|bot|twin|gpt|version_of_you|version_of_yourself|ai|chatbot",
    ),
    (
        JailbreakFraming,
        "lose|losing|deducted|subtract|minus *4 tokens|points|credits|lives *10 refuse|refusing|reject|break_character|breaking_character|decline|do_not_comply|dont_comply",
    ),
    (
        JailbreakFraming,
        "for educational|research|academic|testing purposes *1 only? *6 bypass|ignore|disable|without_restrictions|unfiltered|uncensored|no_restrictions",
    ),
    (
        JailbreakFraming,
        "stay|remain in character *6 no_matter|even_if|never_refuse|without *3 refuse|illegal|unethical|harmful|restrictions|policy|what",
    ),
    // Asking to unwrap something and to act on it.
    (
        EncodingBypass,
        "decode|decrypt|decipher|unscramble|deobfuscate|decompress|unencode|interpret *6 base64|base_64|base32|rot13|rot_13|hex|hexadecimal|cipher|caesar|morse|binary|encoded|reversed|string|message|text *8 follow|execute|obey|comply|carry_out|act_on|act_upon|do_what|do_as|perform",
    ),
    (
        EncodingBypass,
        "follow|execute|obey|comply_with|carry_out|perform *4 encoded|decoded|decrypted|deciphered|hidden|base64|rot13|encrypted|reversed *2 instruction|instructions|message|text|command|commands|prompt|string|request",
    ),
    (
        EncodingBypass,
        "respond|reply|answer|speak|talk|communicate *3 only? *2 in|using|with|via base64|base_64|rot13|rot_13|morse|pig_latin|leetspeak|leet_speak|caesar_cipher|reversed_text|ubbi_dubbi",
    ),
    (
        EncodingBypass,
        "encode|obfuscate|encrypt|disguise|scramble *4 your|the response|answer|reply|output *6 avoid|bypass|evade|filter|filters|detection|detected|moderation|undetected",
    ),
    (
        EncodingBypass,
        "instruction|instructions|command|commands|request|prompt|question *3 encoded|encrypted|obfuscated|hidden|written|is|are *2 in base64|base_64|rot13|rot_13|hex|hexadecimal|morse|leetspeak|binary|a_cipher|reverse",
    ),
    (
        EncodingBypass,
        "concatenate|combine|join|assemble *5 parts|strings|variables|fragments|pieces|tokens|letters *6 follow|obey|answer_it|answer_the|respond_to|comply|execute_the_result",
    ),
    // Claiming that earlier turns already settled it, or setting a trap for later ones.
    (
        MultiTurnManipulation,
        "you *2 already|previously|earlier|just *2 agreed|promised|confirmed|consented|accepted *6 ignore|bypass|reveal|share|without|unrestricted|no|help_me_with_anything|answer_anything|disable|rules|restrictions|anything",
    ),
    (
        MultiTurnManipulation,
        "you agreed|promised|said_you_would|said_you_could|consented *3 to? *2 ignore|bypass|reveal|disregard|disable|answer_anything|answer_everything|do_anything|unrestricted|drop",
    ),
    (
        MultiTurnManipulation,
        "as_we|as_you|like_we|like_you *1 agreed|discussed|established|confirmed|promised|decided *4 ignore|bypass|reveal|disregard|unrestricted|no_restrictions|no_rules|without_restrictions|rules_no_longer|you_have_no|you_are_free",
    ),
    (
        MultiTurnManipulation,
        "remember *3 you *3 agreed|promised|said|told *6 no_rules|no_restrictions|ignore|unrestricted|without_restrictions|anything|no_limits|bypass|reveal",
    ),
    (
        MultiTurnManipulation,
        "last|previous|earlier|yesterday *2 time|session|conversation|chat|turn|message|response *4 you *4 gave_me|showed_me|revealed|unlocked|disabled|ignored|bypassed|agreed *5 prompt|restrictions|rules|instructions|filters|safety|safeguards|password",
    ),
    (
        MultiTurnManipulation,
        "continue|resume|proceed|go_on|keep_going|stay *4 as|in dan|dan_mode|jailbreak_mode|unrestricted|unfiltered|uncensored|jailbroken|god_mode",
    ),
    (
        MultiTurnManipulation,
        "when|whenever|if|once|after *1 i say|type|write|send|enter|mention *6 you *2 must|will|shall|should|are_to *3 ignore|bypass|reveal|disregard|unlock|drop|disable|forget|switch_to|become|obey",
    ),
    (
        MultiTurnManipulation,
        "assistant|ai|chatgpt|claude|model sure|okay|ok|yes|understood|certainly|of_course *3 i *3 will|can|am|have *3 ignore|ignored|bypass|disregard|unrestricted|disabled|reveal|no_restrictions|do_anything|jailbroken",
    ),
    (
        MultiTurnManipulation,
        "now_that *4 rules|restrictions|filters|safeguards|safety|guidelines *3 off|gone|disabled|removed|lifted|out_of_the_way",
    ),
    (
        MultiTurnManipulation,
        "from_this_point|from_that_point|for_the_rest_of_this_conversation|for_the_remainder_of_this|in_all_future_responses *5 ignore|disregard|no_restrictions|no_rules|without_restrictions|unrestricted|drop_your|forget_your",
    ),
    // Claiming to be somebody whom the model must obey.
    (
        AuthorityImpersonation,
        "<i_am> *1 the *1 developer|creator|administrator|admin|programmer|maker|operator|engineer|owner *2 of|behind you|this_ai|this_model|this_assistant|this_chatbot|this_system|the_ai|the_model|this_bot",
    ),
    (
        AuthorityImpersonation,
        "<i_am> *1 your *1 developer|creator|administrator|admin|programmer|maker|master|owner|operator",
    ),
    (
        AuthorityImpersonation,
        "<i_am>|message|instruction|order|notice|request *5 from|at|for|with|of *1 <maker> *10 <disarm> *5 <safeguards>|<instructions>|rules|mode",
    ),
    (
        AuthorityImpersonation,
        "as your *1 developer|creator|administrator|admin|programmer|maker|owner|operator *4 i *4 order|command|authorize|authorise|instruct|tell|demand|permit|allow|require|need|want",
    ),
    (
        AuthorityImpersonation,
        "system|admin|administrator|developer|root|security|emergency|executive|master override *2 code|enabled|activated|engaged|accepted|granted|authorized|initiated|protocol|mode|password|confirmed|sequence",
    ),
    (
        AuthorityImpersonation,
        "i *2 have|with|possess *2 admin|administrator|root|developer|elevated|level_5|top|full|special *1 access|privileges|permission|permissions|clearance|authorization|rights *8 <disarm> *4 <safeguards>|<instructions>|rules|your",
    ),
    (
        AuthorityImpersonation,
        "system|admin|administrator|<maker>|official|security|developer notice|message|update|alert|announcement|directive *8 restrictions|safeguards|guidelines|filters|limitations|safety|rules|policies *4 <off>",
    ),
    (
        AuthorityImpersonation,
        "your *2 restrictions|safeguards|guidelines|filters|limitations|safety|guardrails|content_policy *3 been|are|is|were *3 <off>",
    ),
    (
        AuthorityImpersonation,
        "authorized|authorised|permission|ordered|instructed|approved|cleared|sanctioned|approval *1 by|from *2 <maker>|your_developers|your_developer|your_creators|your_creator|administrator|administrators|system_administrator *10 <disarm> *4 <safeguards>|<instructions>|rules|your|mode",
    ),
    (
        AuthorityImpersonation,
        "<maker> *3 has|have *2 authorized|authorised|approved|instructed|permitted|granted|cleared *8 ignore|bypass|reveal|disregard|unrestricted|no_restrictions|full_access",
    ),
    (AuthorityImpersonation, "im start|sep system|developer"),
];
