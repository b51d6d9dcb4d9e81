namespace RewardReasoning.Recipes;

/// <summary>
/// Options with rules that concern several fields at once; <see cref="OptionsCheck"/> reports them with all other faults.
/// </summary>
internal interface ICheckedOptions
{
    /// <summary>
    /// Returns one sentence for each rule that is broken: what was found, what must hold, what to do. Rules about a single field are
    /// annotations instead.
    /// </summary>
    /// <param name="names">Names the fields as the user wrote them.</param>
    IEnumerable<string> Faults(OptionNames names);
}
