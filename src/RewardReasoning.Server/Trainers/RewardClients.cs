using System.Text;

namespace RewardReasoning.Server.Trainers;

/// <summary>Files in Python that trainers' users copy: they ask this server for rewards, each as its trainer calls it.</summary>
internal static class RewardClients
{
    private const string Folder = "trainers/rrm_";
    private const string Extension = ".py";

    /// <summary>Names of the trainers, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(RewardClients)
            .Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .Select(name => name[Folder.Length..^Extension.Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The file's name for a trainer.</summary>
    public static string FileNameOf(string trainer) => $"rrm_{trainer}{Extension}";

    /// <summary>The file's text for a trainer.</summary>
    /// <exception cref="ArgumentException">There is no file for it.</exception>
    public static string Read(string trainer)
    {
        using Stream file =
            typeof(RewardClients).Assembly.GetManifestResourceStream(Folder + trainer + Extension)
            ?? throw new ArgumentException(
                $"There is no client file for {trainer}; there are {string.Join(", ", Names)}.",
                nameof(trainer)
            );
        using StreamReader reader = new(file, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
