using Microsoft.Extensions.AI;
using RewardReasoning.Judging;

namespace RewardReasoning.Models;

/// <summary>
/// Opens a model folder as a judge that runs in this process: a model that reasons, with the prompt, domain, closing text and calibration
/// that its folder holds, or a scalar reward model.
/// </summary>
public static class LocalJudge
{
    /// <summary>Opens a folder; the caller disposes the judge, and with it the model.</summary>
    /// <param name="folder">A Hugging Face folder.</param>
    /// <param name="judging">How to judge; what it sets goes before the folder's own files. The defaults if null.</param>
    /// <param name="options">How the folder is loaded; the defaults if null.</param>
    /// <exception cref="Checkpoints.CheckpointException">Config or weights are missing, damaged or of an unknown kind.</exception>
    /// <exception cref="FormatException">A file for the judge cannot be used; the message names it.</exception>
    /// <exception cref="ArgumentException">The options have faults.</exception>
    public static OpenedJudge Open(string folder, JudgeOptions? judging = null, LocalJudgeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        options ??= new LocalJudgeOptions();
        JudgeFiles files = options.Files ?? JudgeFiles.Read(folder);
        if (ScalarJudge.Handles(folder))
        {
            // Prompt, domain and stub are those of the model that it was trained from.
            return JudgeFactory.Open(ScalarJudge.Load(folder, options.Model), judging?.Calibration ?? files.Calibration, judging?.Abstain);
        }

        IChatClient client = LocalChatClient.Load(folder, options.Model);
        return JudgeFactory.Open(options.Wrap?.Invoke(client) ?? client, judging, files);
    }
}

/// <summary>How <see cref="LocalJudge"/> opens a folder.</summary>
public sealed record LocalJudgeOptions
{
    /// <summary>Compute type and device.</summary>
    public LocalModelOptions Model { get; init; } = new();

    /// <summary>Files for the judge in place of the folder's own.</summary>
    /// <value>null (the folder's own).</value>
    public JudgeFiles? Files { get; init; }

    /// <summary>
    /// Puts another client around the model's, such as a store's, which disposes what it wraps. Not asked for a scalar reward model, which
    /// writes nothing that could be stored.
    /// </summary>
    /// <value>null (none).</value>
    public Func<IChatClient, IChatClient>? Wrap { get; init; }
}
