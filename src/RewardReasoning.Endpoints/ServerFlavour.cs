namespace RewardReasoning.Endpoints;

/// <summary>Which server answers behind the OpenAI-compatible interface. docs/endpoints.md has a table of what they differ in.</summary>
public enum ServerFlavour
{
    /// <summary>Any server: only fields that all of them take; no prefill.</summary>
    Generic,

    /// <summary>OpenAI's own service, and others that insist on <c>max_completion_tokens</c>.</summary>
    OpenAI,

    /// <summary>vLLM.</summary>
    Vllm,

    /// <summary>SGLang.</summary>
    SGLang,

    /// <summary>The server of llama.cpp.</summary>
    LlamaCpp,

    /// <summary>Ollama.</summary>
    Ollama,

    /// <summary><c>rrm serve</c>.</summary>
    Rrm,
}
