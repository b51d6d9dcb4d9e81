namespace RewardReasoning.Training.Runs;

/// <summary>Options with rules that join several fields.</summary>
public interface ICheckedOptions
{
    /// <summary>What contradicts what, a sentence each; single fields are checked by their annotations.</summary>
    IEnumerable<string> Faults();
}
