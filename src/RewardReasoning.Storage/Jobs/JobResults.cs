using System.Data.Common;

namespace RewardReasoning.Storage.Jobs;

/// <summary>The results of a job, which may be more than fit into memory.</summary>
internal static class JobResults
{
    private const int RowsPerPage = 256;

    /// <summary>All results in the order of their rows, a page at a time.</summary>
    /// <param name="read">Reads so many behind a row's number.</param>
    public static async IAsyncEnumerable<byte[]> InPagesAsync(Func<long, int, Task<List<(long Number, byte[] Result)>>> read)
    {
        long after = 0;
        while (true)
        {
            List<(long Number, byte[] Result)> page = await read(after, RowsPerPage).ConfigureAwait(false);
            foreach ((long _, byte[] result) in page)
            {
                yield return result;
            }

            if (page.Count < RowsPerPage)
            {
                yield break;
            }

            after = page[^1].Number;
        }
    }

    /// <summary>From a row of number and result.</summary>
    public static (long Number, byte[] Result) Of(DbDataReader row) => (row.GetInt64(0), row.GetFieldValue<byte[]>(1));
}
