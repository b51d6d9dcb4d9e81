using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace RewardReasoning.Rankings;

/// <summary>
/// The distinct candidates among responses, in an order that follows from their texts, the query and the seed alone: numbering the
/// responses otherwise changes no match and no rating.
/// </summary>
internal sealed class CandidatePool
{
    private readonly int[] _candidateOf;
    private readonly int[] _judged;

    private CandidatePool(int[] candidateOf, int[] judged)
    {
        _candidateOf = candidateOf;
        _judged = judged;
    }

    /// <summary>How many distinct candidates there are.</summary>
    public int Count => _judged.Length;

    public static CandidatePool Of(string query, IReadOnlyList<string> responses, long seed, Func<string, string?>? finalAnswer)
    {
        // Texts come in the order of their hashes, equal ones as the caller numbers them.
        int[] inOrder =
        [
            .. Enumerable.Range(0, responses.Count).OrderBy(index => HashOf(query, responses[index], seed), StringComparer.Ordinal),
        ];
        Dictionary<string, int> byText = new(StringComparer.Ordinal);
        Dictionary<string, int> byAnswer = new(StringComparer.Ordinal);
        List<int> judged = [];
        int[] candidateOf = new int[responses.Count];
        foreach (int index in inOrder)
        {
            string text = responses[index];
            if (!byText.TryGetValue(text, out int candidate))
            {
                string? answer = finalAnswer?.Invoke(text);
                if (answer is null || !byAnswer.TryGetValue(answer, out candidate))
                {
                    candidate = judged.Count;
                    judged.Add(index);
                    if (answer is not null)
                    {
                        byAnswer.Add(answer, candidate);
                    }
                }

                byText.Add(text, candidate);
            }

            candidateOf[index] = candidate;
        }

        return new(candidateOf, [.. judged]);
    }

    /// <summary>Index of the response that is judged for a candidate.</summary>
    public int Judged(int candidate) => _judged[candidate];

    /// <summary>The candidate of a response.</summary>
    public int CandidateOf(int index) => _candidateOf[index];

    /// <summary>Indices of the responses of a candidate, the judged one first.</summary>
    public IEnumerable<int> Members(int candidate) =>
        Enumerable
            .Range(0, _candidateOf.Length)
            .Where(index => _candidateOf[index] == candidate)
            .OrderByDescending(index => index == _judged[candidate]);

    private static string HashOf(string query, string response, long seed)
    {
        Span<byte> head = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(head, seed);
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], query.Length);
        return Convert.ToHexString(SHA256.HashData([.. head, .. Encoding.UTF8.GetBytes(query), .. Encoding.UTF8.GetBytes(response)]));
    }
}
