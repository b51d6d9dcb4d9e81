using RewardReasoning.Cli.Parsing;

namespace RewardReasoning.Cli.Judging;

/// <summary>Where model folders are.</summary>
internal static class ModelFolders
{
    private const string DefaultFolder = "models/rrm-mini";
    private const string Mark = "config.json";

    /// <summary>The shipped model: beside the program, or in the clone that the program was built in.</summary>
    public static string Default()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string folder = Path.Combine(at.FullName, DefaultFolder);
            if (File.Exists(Path.Combine(folder, Mark)))
            {
                return folder;
            }
        }

        throw new UsageException(
            $"No {DefaultFolder} beside the program or in a folder above it. Name a model: --model FOLDER, or --endpoint URL --model NAME."
        );
    }

    /// <summary>The folder as given, if it looks like a model.</summary>
    public static string Require(string folder) =>
        File.Exists(Path.Combine(RequireExisting(folder), Mark))
            ? folder
            : throw new UsageException($"The folder '{folder}' has no {Mark}; a model is a Hugging Face folder.");

    /// <summary>The folder as given, if there is one.</summary>
    public static string RequireExisting(string folder) =>
        Directory.Exists(folder)
            ? folder
            : throw new UsageException($"There is no folder '{folder}'. A model on a server needs --endpoint URL besides --model NAME.");
}
