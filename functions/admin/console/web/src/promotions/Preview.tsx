import { Table, TableBody, TableCell, TableHead, TableRow, Typography } from "@mui/material";
import { useGetList, useGetMany, useTranslate } from "react-admin";
import { money } from "../ui/format";
import { type Price, priceOf, type Tariff } from "./price";
import { type Promotion, summary } from "./words";

/** Tariffs on sale. */
function useTariffs(): Tariff[] | undefined {
  const { data } = useGetList("tariffs", {
    filter: { status: "active" },
    pagination: { page: 1, perPage: 100 },
    sort: { field: "title", order: "ASC" },
  });
  return data as unknown as Tariff[] | undefined;
}

/** A promotion in sentences, also while it is being typed. */
export function SummaryText({ promotion }: { promotion: Promotion }) {
  const translate = useTranslate();
  const titles = (resource: string, ids: number[] | null | undefined) => ({ resource, ids: ids ?? [] });
  const tariffs = useTitles(titles("tariffs", promotion.tariffs));
  const groups = useTitles(titles("groups", promotion.audience?.group_ids));
  const campaign = useTitles(titles("campaigns", promotion.campaign_id ? [promotion.campaign_id] : []));
  return <Typography>{summary(translate, promotion, { tariffs, groups, campaign: campaign[0] })}</Typography>;
}

function useTitles({ resource, ids }: { resource: string; ids: number[] }): string[] {
  const { data } = useGetMany(resource, { ids }, { enabled: ids.length > 0 });
  return ids.map((id) => data?.find((item) => item?.id === id)?.title ?? `№ ${id}`);
}

/** What each tariff costs with the promotion. */
export function PriceTable({ promotion }: { promotion: Promotion }) {
  const translate = useTranslate();
  const tariffs = useTariffs();
  if (!tariffs) return null;
  if (tariffs.length === 0) {
    return <Typography color="text.secondary">{translate("console.prices.no_tariffs")}</Typography>;
  }
  return (
    <Table size="small" aria-label={translate("console.sections.prices")}>
      <TableHead>
        <TableRow>
          <TableCell>{translate("console.prices.tariff")}</TableCell>
          <TableCell align="right">{translate("console.prices.price")}</TableCell>
          <TableCell align="right">{translate("console.prices.total")}</TableCell>
        </TableRow>
      </TableHead>
      <TableBody>
        {tariffs.map((tariff) => (
          <TableRow key={tariff.id}>
            <TableCell component="th" scope="row">
              {tariff.title}
            </TableCell>
            <TableCell align="right">{money({ amount: tariff.price, currency: tariff.currency })}</TableCell>
            <TableCell align="right">
              <Total price={priceOf(tariff, promotion)} currency={tariff.currency} />
            </TableCell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}

function Total({ price, currency }: { price: Price; currency: string }) {
  const translate = useTranslate();
  if ("refused" in price) {
    return (
      <Typography variant="body2" color="text.secondary" component="span">
        {translate(`console.prices.${price.refused}`)}
      </Typography>
    );
  }
  return (
    <>
      <strong>{money({ amount: price.total, currency })}</strong>
      {price.trialDays !== undefined && (
        <Typography variant="body2" color="text.secondary" component="div">
          {translate("console.prices.trial", { smart_count: price.trialDays })}
        </Typography>
      )}
    </>
  );
}
