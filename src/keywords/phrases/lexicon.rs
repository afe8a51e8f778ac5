//! Vocabularies of the phrase matcher, in folded form: no accents, no apostrophes, lower case.

mod dutch;
mod italian;

use super::Class;

/// Vocabulary of one language.
pub(super) struct Lexicon {
    /// Words by class, parted by single spaces. A later class wins a word that stands twice.
    pub(super) classes: &'static [(Class, &'static str)],
    /// Words that mean something only together.
    pub(super) pairs: &'static [Pair],
    /// Whether a negation can follow its verb.
    pub(super) negates_after: bool,
    /// Whether "not receive" without a word of wanting states a fact.
    pub(super) receive_needs_want: bool,
    /// Whether a comma stands between a verb and the infinitive that is its object.
    pub(super) comma_inside: bool,
}

/// Two words that together are one verb.
pub(super) struct Pair {
    pub(super) first: &'static str,
    pub(super) second: &'static str,
    /// How many words further the second may stand.
    pub(super) within: usize,
    pub(super) class: Class,
}

const fn pair(first: &'static str, second: &'static str, within: usize, class: Class) -> Pair {
    Pair { first, second, within, class }
}

pub(super) const LEXICONS: [Lexicon; 7] =
    [ENGLISH, PORTUGUESE, SPANISH, FRENCH, GERMAN, italian::ITALIAN, dutch::DUTCH];

const ENGLISH: Lexicon = Lexicon {
    classes: &[
        (
            Class::Filler,
            "i im id ive me my myself you your yours u ur to from of off out on in the a an any all these this those \
             that it and please pls plz just now would should must be being kindly already told said asking \
             number phone name with for via so or mailing email ok okay yes no hey hi hello sir thanks immediately right really do \
             guys team ones such calls calling call every single time times keep",
        ),
        (Class::Want, "want wants wish like need interested wanna"),
        (Class::More, "more again anymore further longer ever"),
        (Class::Not, "dont not never non"),
        (Class::NoAdjacent, "no"),
        (Class::Auxiliary, "am are is can could will did does have has had was were"),
        (
            Class::NotAuxiliary,
            "cant cannot couldnt wont didnt doesnt havent hasnt isnt wasnt wouldnt shouldnt",
        ),
        (Class::Stop, "stop stopping cease quit"),
        (Class::Send, "send sending sent"),
        (
            Class::Contact,
            "contact contacting messaging texting msging spamming bother bothering disturb disturbing pester pestering harass \
             harassing",
        ),
        (Class::Receive, "receive receiving get getting hear"),
        (Class::ContactOrMessage, "message msg text spam"),
        (
            Class::Message,
            "messages msgs texts sms notifications promotions promos promotional marketing ads adverts advertising \
             advertisements newsletter newsletters whatsapp whatsapps offers updates broadcasts",
        ),
        (Class::List, "list lists subscription subscriptions database records consent"),
        (Class::Anything, "anything nothing everything stuff"),
        (Class::Leave, "unsubscribe unsubscribing unsub"),
        (Class::Remove, "remove delete"),
        (Class::Cancel, "cancel terminate leave withdraw withdrawing revoke revoking"),
        (Class::Only, "only"),
        (Class::Ask, "how why when where what who which"),
    ],
    pairs: &[
        pair("opt", "out", 2, Class::Leave),
        pair("object", "to", 1, Class::Stop),
        pair("your", "contacts", 1, Class::List),
        pair("opting", "out", 2, Class::Leave),
        pair("take", "off", 4, Class::Remove),
        pair("end", "subscription", 3, Class::Leave),
    ],
    negates_after: false,
    receive_needs_want: true,
    comma_inside: false,
};

const PORTUGUESE: Lexicon = Lexicon {
    classes: &[
        (
            Class::Filler,
            "eu me de da do das dos dessa desta dessas destas desse deste desses essa essas esse esses esta estas este \
             isso isto a o as os um uma ao na no nas nos em por favor pode podem poderia poderiam voces vcs voce vc ja \
             disse falei pedi avisei que ai aqui agora mim pra para com minha meu numero nome contato sua suas seu seus \
             tua tuas pf pfv pls gente moco moca vez nenhuma nenhum nenhumas tipo sim ok oi obrigado obrigada \
             ser ate todas todos toda todo vao",
        ),
        (Class::Want, "quero queria gostaria desejo queremos preciso interesse autorizo autorizei"),
        (Class::More, "mais"),
        (Class::Not, "nao nunca sem n"),
        (Class::Stop, "parar pare parem parou pararem basta stop interromper interrompa interrompam"),
        // "É" (is) and "e" (and) look the same without the accent.
        (Class::Auxiliary, "e eh"),
        (Class::Send, "mandar manda mande mandem mandando enviar envia envie enviem enviando envio"),
        (
            Class::Contact,
            "escrever escreva escrevam contatar contate contatem perturbar perturbe perturbem incomodar incomode \
             incomodem importunar importune spammar",
        ),
        (Class::Receive, "receber recebendo"),
        (
            Class::Message,
            "mensagem mensagens sms msg msgs mensagenzinha mensagenzinhas notificacao notificacoes propaganda propagandas \
             promocao promocoes oferta ofertas spam whatsapp whats zap publicidade anuncios",
        ),
        (
            Class::List,
            "lista listas inscricao assinatura cadastro newsletter transmissao consentimento autorizacao",
        ),
        (Class::Anything, "nada tudo"),
        (
            Class::Leave,
            "descadastra descadastrar descadastre descadastrem descadastro descadastramento desinscrever desinscreva \
             desinscrevam desinscricao desinscreve",
        ),
        (
            Class::Remove,
            "tira tirar tire tirem remove remover remova removam exclui excluir exclua excluam apaga apagar apague \
             retira retirar retire retirem sair saia",
        ),
        (Class::Cancel, "cancelar cancela cancele cancelem encerrar encerre revogo revogar retiro"),
        (Class::Only, "so apenas somente"),
        (Class::Ask, "quando onde como porque qual quem quanto quantos"),
    ],
    // "Para" is a preposition far more often than a verb.
    pairs: &[
        pair("para", "de", 1, Class::Stop),
        pair("para", "com", 1, Class::Stop),
        pair("chega", "de", 1, Class::Stop),
        pair("deixa", "de", 1, Class::Stop),
        pair("deixe", "de", 1, Class::Stop),
        pair("deixem", "de", 1, Class::Stop),
    ],
    negates_after: false,
    receive_needs_want: false,
    comma_inside: false,
};

const SPANISH: Lexicon = Lexicon {
    classes: &[
        (
            Class::Filler,
            "yo me de del la el los las lo un una unos unas a al en por favor puede pueden podria podrian puedes podrias \
             ustedes usted tu tus su sus mi ya dije he dicho pedi que y aqui ahora para con numero nombre contacto esta \
             este estos estas esto ese esos esas eso si ok hola gracias darme dar dame deme denme ser tipo ningun ninguna \
             todos todas sea sean",
        ),
        (Class::Want, "quiero queria quisiera deseo gustaria interesa interesado interesada necesito"),
        (Class::More, "mas"),
        (Class::Not, "no nunca jamas sin ni"),
        (Class::Stop, "parar pare paren basta stop detener detengan detenga cesen cese"),
        (
            Class::Send,
            "enviar enviarme envien envienme envies envie envia enviando mandar mandarme manden mandes mande manda \
             mandando mandenme",
        ),
        (
            Class::Contact,
            "escribir escribirme escribas escriban escriba escribiendo contactar contactarme contacten contactes \
             contacte molestar molestarme molesten molestes moleste",
        ),
        (Class::Receive, "recibir recibiendo"),
        (
            Class::Message,
            "mensaje mensajes sms msj msjs notificacion notificaciones promocion promociones oferta ofertas publicidad \
             propaganda spam whatsapp whatsapps anuncios mensajitos",
        ),
        (Class::List, "lista listas suscripcion inscripcion newsletter boletin difusion consentimiento"),
        (Class::Anything, "nada todo"),
        (
            Class::Leave,
            "desuscribir desuscribirme desuscribanme desuscribeme desuscribame desuscripcion desinscribir \
             desinscribirme",
        ),
        (
            Class::Remove,
            "quitar quitame quiteme quiten quitenme quitarme sacar sacame saqueme saquenme sacarme eliminar eliminame \
             elimineme eliminenme eliminarme borrar borrame borreme borrenme borrarme retirar retirenme salir salirme",
        ),
        (Class::Cancel, "cancelar cancela cancele cancelen anular anulen revoco revocar retiro"),
        (Class::Only, "solo solamente unicamente"),
        (Class::Ask, "cuando donde como porque cual quien cuanto cuantos"),
    ],
    pairs: &[
        pair("para", "de", 1, Class::Stop),
        pair("deja", "de", 1, Class::Stop),
        pair("deje", "de", 1, Class::Stop),
        pair("dejen", "de", 1, Class::Stop),
        pair("dejar", "de", 1, Class::Stop),
        pair("darme", "baja", 3, Class::Leave),
        pair("dar", "baja", 3, Class::Leave),
        pair("dame", "baja", 3, Class::Leave),
        pair("deme", "baja", 3, Class::Leave),
        pair("denme", "baja", 3, Class::Leave),
    ],
    negates_after: false,
    receive_needs_want: false,
    comma_inside: false,
};

const FRENCH: Lexicon = Lexicon {
    classes: &[
        (
            Class::Filler,
            "je j me m moi vous tu te t de d des du la le l les un une a au aux en ce ces cet cette vos votre tes ton \
             mon ma mes nom numero par pour sur avec et que qu s svp stp merci bonjour veuillez pouvez pourriez \
             pourrais voulez deja dit demande maintenant ici oui ok bien jamais aucun aucune toutes tous tout ca cela \
             etre suis tranquille",
        ),
        (Class::Want, "veux voudrais souhaite souhaiterais desire aimerais envie interesse interessee"),
        (Class::More, "plus davantage"),
        (Class::Auxiliary, "peux peut pouvons"),
        (Class::Not, "ne n pas non sans rien"),
        (
            Class::Stop,
            "arret arrete arreter arretez arretes cesse cesser cessez stop stopper stoppez assez oppose refuse",
        ),
        (Class::Send, "envoyer envoyez envoie envoies menvoyer menvoyez envoi envois"),
        (
            Class::Contact,
            "ecrire ecrivez ecris mecrire contacter contactez contacte deranger derangez derange harceler harcelez \
             spammer importuner importunez",
        ),
        (Class::Receive, "recevoir"),
        (
            Class::Message,
            "message messages sms msg msgs notification notifications promo promos promotion promotions publicite publicites \
             pub pubs spam spams whatsapp offres",
        ),
        (Class::List, "liste listes abonnement inscription newsletter diffusion consentement"),
        (
            Class::Leave,
            "desabonner desabonnez desabonne desabonnement desinscrire desinscrivez desinscris desinscription",
        ),
        (
            Class::Remove,
            "retirer retirez retire supprimer supprimez supprime enlever enlevez enleve effacez effacer rayez",
        ),
        (Class::Cancel, "annuler annulez annule resilier resiliez revoque revoquer"),
        (Class::Only, "seulement uniquement"),
        (Class::Ask, "quand ou comment pourquoi quel quelle qui combien"),
    ],
    pairs: &[
        pair("s", "il", 1, Class::Filler),
        pair("te", "plait", 1, Class::Filler),
        pair("vous", "plait", 1, Class::Filler),
    ],
    negates_after: true,
    receive_needs_want: false,
    comma_inside: false,
};

const GERMAN: Lexicon = Lexicon {
    classes: &[
        (
            Class::Filler,
            "ich mich mir mein meine meinen meiner sie ihr ihre ihren ihrem euch euer eure euren eurem du dich dein deine \
             deinen von vom aus dem der die das den des ein eine einen zu zum zur an auf mit bei bitte danke jetzt sofort \
             schon gesagt konnen konnten konnt konntet konnte wurden wurdet doch mal es und diese dieser diesen \
             solche nummer namen name uber per ja ok hallo dass endlich ab davon werden um",
        ),
        (
            Class::Want,
            "will mochte moechte wunsche wuensche wollen interessiert interesse brauche gern gerne",
        ),
        (Class::More, "mehr weiter weitere weiteren weiterhin wieder langer laenger"),
        (Class::Not, "nicht kein keine keinen keinerlei nie niemals nichts ohne"),
        (
            Class::Stop,
            "stopp stop stoppen stoppt beenden beendet schluss aufhoren aufhoeren aufzuhoren genug unterlassen widerspreche",
        ),
        (Class::Send, "schicken schickt schick senden sendet sende zusenden zuschicken zuzusenden"),
        (
            Class::Contact,
            "schreiben schreibt schreib anschreiben anzuschreiben kontaktieren kontaktiert kontaktiere storen stort \
             belastigen belastigt zuspammen spammen nerven nervt",
        ),
        (Class::Receive, "erhalten bekommen empfangen"),
        (
            Class::Message,
            "nachricht nachrichten sms werbung werbenachrichten werbenachricht spam whatsapp whatsapps angebote newsletter \
             benachrichtigungen mitteilungen",
        ),
        (Class::List, "liste verteiler abo abonnement verteilerliste anmeldung einwilligung zustimmung"),
        (
            Class::Leave,
            "abmelden abbestellen abzumelden abzubestellen abmeldung abbestellung austragen auszutragen",
        ),
        (
            Class::Remove,
            "streichen streicht streiche entfernen entfernt entferne loschen loeschen loescht loscht nehmen nehmt nimm",
        ),
        (Class::Cancel, "kundigen kuendigen kundige stornieren widerrufe widerrufen"),
        (Class::Only, "nur"),
        (Class::Ask, "wann wo wie warum wieso weshalb wer was welche"),
    ],
    pairs: &[
        pair("ziehe", "zuruck", 5, Class::Cancel),
        pair("einwilligung", "widerrufen", 1, Class::Leave),
        pair("hor", "auf", 2, Class::Stop),
        pair("hore", "auf", 2, Class::Stop),
        pair("hort", "auf", 2, Class::Stop),
        pair("horen", "auf", 2, Class::Stop),
        pair("melde", "ab", 4, Class::Leave),
        pair("melden", "ab", 4, Class::Leave),
        pair("meldet", "ab", 4, Class::Leave),
        pair("trag", "aus", 4, Class::Leave),
        pair("trage", "aus", 4, Class::Leave),
        pair("tragen", "aus", 4, Class::Leave),
        pair("tragt", "aus", 4, Class::Leave),
        pair("bestelle", "ab", 4, Class::Leave),
        pair("bestellen", "ab", 4, Class::Leave),
    ],
    negates_after: true,
    receive_needs_want: false,
    comma_inside: true,
};
