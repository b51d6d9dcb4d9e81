using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Server.Trainers;

/// <summary>
/// Prompts as trainers send them: texts with the special tokens of a chat template in them. Those of known templates become turns with
/// labels again, so that the judge reads a conversation; any other text stays as it is. Nothing in it is ever taken for a special token.
/// </summary>
internal static partial class TemplatedPrompt
{
    /// <summary>The query as a judge reads it.</summary>
    public static string ToQuery(string prompt)
    {
        List<ChatMessage> turns = [];
        Match[] openings = [.. Opening().Matches(prompt).Cast<Match>()];
        if (openings.Length == 0 || !BeforeFirstTurn().IsMatch(prompt[..openings[0].Index]))
        {
            return prompt;
        }

        for (int i = 0; i < openings.Length; i++)
        {
            int from = openings[i].Index + openings[i].Length;
            int to = i + 1 < openings.Length ? openings[i + 1].Index : prompt.Length;
            string text = WithoutEnd(prompt[from..to]).Trim();
            if (RoleOf(openings[i]) is { } role && (i + 1 < openings.Length || role != ChatRole.Assistant || !IsOpen(text)))
            {
                turns.Add(new ChatMessage(role, text));
            }
        }

        return turns.Exists(turn => turn.Role == ChatRole.User) ? Conversation.Render(turns) : prompt;
    }

    /// <summary>A response without the special tokens that end a turn.</summary>
    public static string WithoutEnd(string response) => End().Replace(response, "");

    /// <summary>
    /// What follows the prompt in a text that holds both. A prompt that was cut on its left is found by what is left of it; null where
    /// nothing of the prompt is found.
    /// </summary>
    public static string? ResponseAfter(string prompt, string text)
    {
        if (text.StartsWith(prompt, StringComparison.Ordinal))
        {
            return text[prompt.Length..];
        }

        int overlap = LongestOverlap(prompt, text);
        return overlap >= Math.Min(ShortestOverlap, prompt.Length) ? text[overlap..] : null;
    }

    private const int ShortestOverlap = 8;

    /// <summary>Length of the longest end of one text with which another begins (Knuth, Morris and Pratt).</summary>
    private static int LongestOverlap(string first, string second)
    {
        int length = Math.Min(first.Length, second.Length);
        ReadOnlySpan<char> pattern = second.AsSpan(0, length);
        int[] shorter = new int[length];
        for (int i = 1, matched = 0; i < length; i++)
        {
            while (matched > 0 && pattern[i] != pattern[matched])
            {
                matched = shorter[matched - 1];
            }

            shorter[i] = matched += pattern[i] == pattern[matched] ? 1 : 0;
        }

        int overlap = 0;
        foreach (char letter in first.AsSpan(first.Length - length))
        {
            while (overlap > 0 && (overlap == length || letter != pattern[overlap]))
            {
                overlap = shorter[overlap - 1];
            }

            overlap += length > 0 && letter == pattern[overlap] ? 1 : 0;
        }

        return overlap;
    }

    private static bool IsOpen(string text) => text.Length == 0 || text == ReasoningText.OpenTag;

    private static ChatRole? RoleOf(Match opening)
    {
        string name = opening.Groups.Cast<Group>().Skip(1).First(group => group.Success).Value;
        return name.ToLowerInvariant() switch
        {
            "system" or "developer" => ChatRole.System,
            "user" or "[inst]" => ChatRole.User,
            "assistant" or "model" or "[/inst]" => ChatRole.Assistant,
            "tool" or "observation" or "ipython" => ChatRole.Tool,
            _ => null,
        };
    }

    // ChatML; Llama 3; Gemma; Phi, GLM and others; DeepSeek; Mistral.
    [GeneratedRegex(
        """
            <\|im_start\|>(system|developer|user|assistant|tool)\n
            | <\|start_header_id\|>(system|user|assistant|ipython|tool)<\|end_header_id\|>\s*
            | <start_of_turn>(user|model)\n
            | <\|(system|user|assistant|observation|tool)\|>
            | <｜(System|User|Assistant)｜>
            | (\[INST\]|\[/INST\])
            """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant
    )]
    private static partial Regex Opening();

    [GeneratedRegex(
        """^\s*(?:<\|begin_of_text\|>|<s>|<bos>|<｜begin▁of▁sentence｜>|\[gMASK\]|<sop>|\s)*$""",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex BeforeFirstTurn();

    [GeneratedRegex(
        """\s*(?:(?:<\|[A-Za-z0-9_]{1,40}\|>|</s>|<eos>|<pad>|<end_of_turn>|<｜[^｜<>]{1,40}｜>)\s*)+$""",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex End();
}
