using System.Text.Json;
using System.Text.Json.Serialization;
using RewardReasoning.Calibration;

namespace RewardReasoning.Judging;

/// <summary>
/// What a model folder may hold for the judge, beside the model itself: <c>judge-prompt.txt</c>, <c>judge-domain.json</c>,
/// <c>judge-stub.json</c>, <c>judge-tools.json</c> and <c>calibration.json</c>.
/// </summary>
public sealed record JudgeFiles
{
    /// <summary>File name of a model's own template.</summary>
    public const string PromptFile = "judge-prompt.txt";

    /// <summary>File name of the declaration of what a model can judge.</summary>
    public const string DomainFile = "judge-domain.json";

    /// <summary>Name of the file with the text that closes reasoning at its budget, in the words that the model was trained with.</summary>
    public const string StubFile = "judge-stub.json";

    /// <summary>Name of the file that says which tools a model was trained to use.</summary>
    public const string ToolsFile = "judge-tools.json";

    /// <summary>The model's own template; null where it has none.</summary>
    public JudgePrompt? Prompt { get; init; }

    /// <summary>What the model can judge; null where it does not say.</summary>
    public JudgeDomain? Domain { get; init; }

    /// <summary>Fits of the model's confidence; null where it has none.</summary>
    public CalibrationFile? Calibration { get; init; }

    /// <summary>The model's own <see cref="JudgeOptions.ThinkingStub"/>; null where it has none.</summary>
    public string? ThinkingStub { get; init; }

    /// <summary>Whether the model was trained to use the calculator.</summary>
    public bool Calculator { get; init; }

    /// <summary>Reads what a folder holds.</summary>
    /// <exception cref="FormatException">A file is there and cannot be used; the message names it.</exception>
    public static JudgeFiles Read(string folder)
    {
        string prompt = Path.Combine(folder, PromptFile),
            domain = Path.Combine(folder, DomainFile);
        string stub = Path.Combine(folder, StubFile),
            tools = Path.Combine(folder, ToolsFile),
            calibration = Path.Combine(folder, CalibrationFile.Name);
        return new()
        {
            Prompt = File.Exists(prompt) ? JudgePrompt.Load(prompt) : null,
            Domain = File.Exists(domain) ? JudgeDomain.Load(domain) : null,
            Calibration = File.Exists(calibration) ? CalibrationFile.Load(calibration) : null,
            ThinkingStub = File.Exists(stub) ? LoadStub(stub) : null,
            Calculator = File.Exists(tools) && LoadTools(tools).Calculator,
        };
    }

    /// <summary>
    /// Options completed by these files: what the options set themselves stays, the files fill in the rest, and the built-in prompt and
    /// stub serve where neither says anything.
    /// </summary>
    public JudgeOptions ApplyTo(JudgeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options with
        {
            Prompt = ReferenceEquals(options.Prompt, JudgePrompt.Default) ? Prompt ?? options.Prompt : options.Prompt,
            Domain = options.Domain ?? Domain,
            ThinkingStub =
                options.ThinkingStub == JudgeOptions.DefaultThinkingStub ? ThinkingStub ?? options.ThinkingStub : options.ThinkingStub,
            Calculator = options.Calculator || Calculator,
            Calibration = options.Calibration ?? Calibration,
        };
    }

    private static DeclaredTools LoadTools(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), StubJson.Default.DeclaredTools)
                ?? throw new FormatException($"{path}: holds null; write {{ \"calculator\": true }}.");
        }
        catch (JsonException error)
        {
            throw new FormatException($"{path}: {error.Message} The one tool there is: {{ \"calculator\": true }}.", error);
        }
    }

    private static string LoadStub(string path)
    {
        try
        {
            return
                JsonSerializer.Deserialize(File.ReadAllText(path), StubJson.Default.StubFile)?.ThinkingStub is { } stub
                && stub.Contains(ReasoningText.CloseTag, StringComparison.Ordinal)
                ? stub
                : throw new FormatException($"{path}: needs the string \"thinkingStub\", with {ReasoningText.CloseTag} in it.");
        }
        catch (JsonException error)
        {
            throw new FormatException($"{path}: {error.Message}", error);
        }
    }
}

internal sealed record StubFile(string? ThinkingStub);

internal sealed record DeclaredTools(bool Calculator);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow
)]
[JsonSerializable(typeof(StubFile))]
[JsonSerializable(typeof(DeclaredTools))]
internal sealed partial class StubJson : JsonSerializerContext;
