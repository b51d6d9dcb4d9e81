namespace RewardReasoning.Endpoints;

/// <summary>What kept a server from giving an answer.</summary>
public enum EndpointFailure
{
    /// <summary>Nothing more is known.</summary>
    Other,

    /// <summary>The server cannot be reached, or the connection broke.</summary>
    Connection,

    /// <summary>The server was silent for too long.</summary>
    Silence,

    /// <summary>The server is busy, starting or out of order: HTTP 408, 429 or 5xx.</summary>
    Unavailable,

    /// <summary>The server read the request and will not answer it: another HTTP 4xx.</summary>
    Refused,

    /// <summary>The key is missing or wrong, or the account may not: HTTP 401, 402 or 403.</summary>
    Account,

    /// <summary>The prompt, or the prompt and the tokens asked for, are longer than the context.</summary>
    TooLong,

    /// <summary>No model is named, and the server does not have exactly one.</summary>
    NoModel,

    /// <summary>What came back is not a chat completion.</summary>
    NoCompletion,

    /// <summary>The answer was broken off by the server: a finish reason such as <c>error</c> or <c>abort</c>, or an error in its
    /// place.</summary>
    BrokenOff,

    /// <summary>The answer ended for a reason that is not known, so that nobody can say whether it is whole.</summary>
    UnknownEnd,
}
