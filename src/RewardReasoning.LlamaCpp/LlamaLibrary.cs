using LLama.Native;

namespace RewardReasoning.LlamaCpp;

/// <summary>llama.cpp's library, loaded once a process, and the last thing that it said.</summary>
internal static class LlamaLibrary
{
    private static readonly Lock Loading = new();

    // Kept: the library calls it as long as the process lives.
    private static readonly NativeLogConfig.LLamaLogCallback Listener = Listen;
    private static volatile string _lastError = "";

    /// <summary>What it last complained of; often the reason of a failure.</summary>
    public static string LastError => _lastError.Length > 0 ? _lastError : "it does not say why.";

    /// <summary>Loads the library where nothing in this process has loaded it yet.</summary>
    /// <exception cref="LlamaCppException">It is not there, or does not run here.</exception>
    public static void Load()
    {
        lock (Loading)
        {
            _lastError = "";
            if (!NativeLibraryConfig.LLama.LibraryHasLoaded)
            {
                NativeLibraryConfig.LLama.WithLogCallback(Listener);
            }

            try
            {
                NativeApi.llama_empty_call();
            }
            catch (Exception error) when (error is TypeInitializationException or DllNotFoundException or LLama.Exceptions.RuntimeError)
            {
                throw new LlamaCppException(
                    "llama.cpp's library is not beside this program, or does not run on this machine. A program that opens GGUF files "
                        + "references the package LLamaSharp.Backend.Cpu, or one of its siblings for other hardware.",
                    error
                );
            }
        }
    }

    private static void Listen(LLamaLogLevel level, string message)
    {
        if (level == LLamaLogLevel.Error)
        {
            _lastError = message.Trim();
        }
    }
}
