namespace RewardReasoning.Training.Runs;

/// <summary>The files of a model folder that training passes on unchanged.</summary>
public static class ModelFiles
{
    private static readonly string[] Carried =
    [
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "chat_template.jinja",
        "generation_config.json",
        "judge-prompt.txt",
        "judge-domain.json",
        "judge-stub.json",
    ];

    /// <summary>Copies tokenizer, templates and judge files, where they exist and are not there yet.</summary>
    public static void Carry(string from, string to)
    {
        foreach (string name in Carried)
        {
            string source = Path.Combine(from, name);
            string target = Path.Combine(to, name);
            if (File.Exists(source) && !File.Exists(target))
            {
                File.Copy(source, target);
            }
        }
    }
}
