using RewardReasoning.Judging;
using RewardReasoning.Models.Gguf;

namespace RewardReasoning.Models;

/// <summary>
/// What a GGUF file holds for the judge: the prompt, the domain, the closing text and the tools of the folder that it was made of.
/// </summary>
internal static class GgufJudgeFiles
{
    private const string PromptKey = "reward_reasoning.judge_prompt";
    private const string QueryKey = "reward_reasoning.judge_domain.query";
    private const string ResponseKey = "reward_reasoning.judge_domain.response";
    private const string SaysKey = "reward_reasoning.judge_domain.says";
    private const string StubKey = "reward_reasoning.thinking_stub";
    private const string CalculatorKey = "reward_reasoning.calculator";
    private const string Yes = "true";

    /// <summary>The settings of a folder's files for the judge; none where it has none.</summary>
    public static IEnumerable<(string Key, object Value)> Settings(string folder)
    {
        JudgeFiles files = JudgeFiles.Read(folder);
        return new (string, string?)[]
        {
            (PromptKey, files.Prompt is null ? null : File.ReadAllText(Path.Combine(folder, JudgeFiles.PromptFile))),
            (QueryKey, files.Domain?.QueryPattern),
            (ResponseKey, files.Domain?.ResponsePattern),
            (SaysKey, files.Domain?.Says),
            (StubKey, files.ThinkingStub),
            (CalculatorKey, files.Calculator ? Yes : null),
        }
            .Where(setting => setting.Item2 is not null)
            .Select(setting => (setting.Item1, (object)(setting.Item2 ?? "")));
    }

    /// <summary>Reads them again.</summary>
    /// <exception cref="FormatException">One cannot be used; the message names the file.</exception>
    public static JudgeFiles Read(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            return new JudgeFiles
            {
                Prompt = file.Text(PromptKey) is { } prompt ? JudgePrompt.Parse(prompt, $"{file.Path}: {PromptKey}") : null,
                Domain =
                    file.Text(QueryKey) is { } query && file.Text(ResponseKey) is { } response && file.Text(SaysKey) is { } says
                        ? new JudgeDomain(query, response, says)
                        : null,
                ThinkingStub = file.Text(StubKey),
                Calculator = file.Text(CalculatorKey) == Yes,
            };
        }
        catch (ArgumentException fault)
        {
            throw new FormatException($"{file.Path}: {fault.Message}", fault);
        }
    }
}
